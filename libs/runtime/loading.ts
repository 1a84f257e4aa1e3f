import { State } from '#domain';
import { genesisHead, type EventLog, type Head, type TimelineId, type TimelineRecord } from '#event-log';
import { NO_PACE } from '#proof';
import type { LoadedState } from './commit-loop-options.js';
import { foldTail } from './fold.js';
import { SYSTEM_ACTOR } from './group.js';
import { newestGoodSnapshot, type PassedOver } from './snapshots.js';

/** A timeline folded from its log, and from where. */
export interface FoldedTimeline extends LoadedState {
  /** Version of the snapshot it started from; 0: the whole log was folded. */
  readonly snapshotVersion: number;
}

/** A timeline that was folded to be live. */
export interface LoadedTimeline extends FoldedTimeline {
  /** When folding began, monotonic ms: all that was committed before is in it. */
  readonly startedAtMs: number;
}

/** How far back the last client's event is looked for; further back counts as there. */
const CLIENT_EVENTS_SCANNED_MAX = 1_000;

/** State = newest good snapshot and tail. `report` is told of snapshots that are passed over. */
export async function foldTimeline(
  log: EventLog,
  { timeline, reducer }: { readonly timeline: TimelineRecord; readonly reducer: string },
  report: PassedOver,
): Promise<FoldedTimeline> {
  const { timelineId } = timeline;
  const headVersion = timeline.head.version;
  const snapshot = await newestGoodSnapshot({ log, pacer: NO_PACE }, { timelineId, headVersion, reducer }, report);
  const state = snapshot?.state ?? new State();
  const from = snapshot?.head ?? genesisHead();
  const head = await foldTail(log, { timelineId, state, head: from });
  const lastClientVersion = await findLastClientVersion(log, timelineId, head);
  const { rebuilds } = timeline;
  return { state, head, lastClientVersion, rebuilds, snapshotVersion: from.version };
}

async function findLastClientVersion(log: EventLog, timelineId: TimelineId, head: Head): Promise<number> {
  const afterVersion = Math.max(0, head.version - CLIENT_EVENTS_SCANNED_MAX);
  const request = { timelineId, afterVersion, toVersion: head.version, limit: CLIENT_EVENTS_SCANNED_MAX };
  const { events } = await log.readEvents(request);
  return events.findLast(({ actor }) => actor !== SYSTEM_ACTOR)?.version ?? afterVersion;
}
