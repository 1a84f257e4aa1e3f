import type { EventLog, TimelineRecord } from '#event-log';
import { StateUnknown, VersionAhead } from '../contract.js';
import type { Moment } from './contract.js';

/**
 * The version that a moment names: of a time the last event at or before it, 0 where there is none.
 * @throws VersionAhead
 */
export async function versionAt(log: EventLog, record: TimelineRecord, at: Moment): Promise<number> {
  const { head } = record;
  if ('timeMs' in at) return lastVersionBy(log, record, at.timeMs);
  if (at.version > head.version) throw new VersionAhead(at.version, head.version);
  return at.version;
}

/** The same, where there must be an event. @throws VersionAhead, StateUnknown */
export async function eventVersionAt(log: EventLog, record: TimelineRecord, at: Moment): Promise<number> {
  const version = await versionAt(log, record, at);
  if (version > 0) return version;
  throw new StateUnknown(`timeline ${record.name} has no event at or before that`);
}

/** By halves: no event is older than the one before it. */
async function lastVersionBy(
  log: EventLog,
  { timelineId, head, last }: TimelineRecord,
  timeMs: number,
): Promise<number> {
  if (last.atMs <= timeMs) return head.version;
  // The event at `low` is not later (0 stands for none), the one at `high` is.
  let [low, high] = [0, head.version];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const { events } = await log.readEvents({ timelineId, afterVersion: middle - 1, toVersion: middle, limit: 1 });
    const [event] = events;
    if (event === undefined || event.atMs > timeMs) high = middle;
    else low = middle;
  }
  return low;
}
