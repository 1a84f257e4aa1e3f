import { TimelineGone, type EventLog, type RecordedEvent } from '#event-log';
import { VersionNotReached } from './contract.js';
import type { LiveTimeline } from './live-timeline.js';

const PAGE_EVENTS = 500;
/** Looked at this often even if nothing is heard of an advance, ms. */
const WAIT_MS = 1_000;

interface Following {
  readonly log: EventLog;
  /** Null: from the head. */
  readonly afterVersion: number | null;
  readonly signal: AbortSignal;
  readonly isEnding: () => boolean;
}

/** A live timeline's events after a version, in order and without a gap, as they are committed. */
export async function* follow(
  live: LiveTimeline,
  { log, afterVersion, signal, isEnding }: Following,
): AsyncGenerator<readonly RecordedEvent[]> {
  const letGo = live.retain();
  try {
    await live.confirmed();
    let cursor = afterVersion ?? live.head.version;
    const { reloads } = live;
    while (!isEnding()) {
      live.assertNotStopped();
      if (live.isGone) throw new TimelineGone(`timeline ${live.name} was removed`);
      // Also where history was taken back below a stream that had read further.
      if (cursor > live.head.version || live.reloads !== reloads) {
        throw new VersionNotReached(`version ${cursor} is ahead of the head, ${live.head.version}`);
      }
      const events = await eventsAfter(live, log, cursor);
      if (live.reloads !== reloads) continue;
      cursor = events.at(-1)?.version ?? cursor;
      if (events.length > 0) yield events;
      else await abortable(live.advanced(WAIT_MS), signal);
    }
  } finally {
    letGo();
  }
}

async function eventsAfter(live: LiveTimeline, log: EventLog, cursor: number): Promise<readonly RecordedEvent[]> {
  const toVersion = live.head.version;
  if (cursor >= toVersion) return [];
  const recent = live.recent.after(cursor);
  if (recent !== undefined) return recent;
  const { timelineId } = live.record;
  const page = await log.readEvents({ timelineId, afterVersion: cursor, toVersion, limit: PAGE_EVENTS });
  return page.events;
}

function abortable(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void waited.then(done);
  });
}
