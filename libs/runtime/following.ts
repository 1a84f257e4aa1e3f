import { TimelineGone, type EventLog, type RecordedEvent } from '#event-log';
import { VersionNotReached } from './contract.js';
import type { FollowedTimeline } from './followed-timelines.js';
import type { LiveTimeline } from './live-timeline.js';
import { readPage } from './reading.js';

/** Looked at this often even if nothing is heard of an advance, ms. */
const WAIT_MS = 1_000;

interface Following {
  readonly log: EventLog;
  /** Null: from the head. */
  readonly afterVersion: number | null;
  readonly signal: AbortSignal;
  readonly isEnding: () => boolean;
  /** The live timeline, while it is loaded: it has the last events at hand. */
  readonly live: () => LiveTimeline | undefined;
  /** Whoever reads an old log takes turns with others. */
  readonly inTurn: <T>(read: () => Promise<T>) => Promise<T>;
}

/** A timeline's events after a version, in order and without a gap, as they are committed. Nothing is loaded for it. */
export async function* follow(
  followed: FollowedTimeline,
  following: Following,
): AsyncGenerator<readonly RecordedEvent[]> {
  const { afterVersion, signal, isEnding } = following;
  let cursor = afterVersion ?? followed.head.version;
  while (!isEnding()) {
    assertFollowable(followed, cursor);
    if (cursor === followed.head.version) {
      await followed.heardOf(WAIT_MS, signal);
      continue;
    }
    const events = await eventsAfter(followed, cursor, following);
    assertFollowable(followed, cursor);
    if (events[0]?.version !== cursor + 1) throw new VersionNotReached(`version ${cursor + 1} is not there any more`);
    cursor = events.at(-1)?.version ?? cursor;
    yield events;
  }
}

function assertFollowable({ name, head, end }: FollowedTimeline, cursor: number): void {
  if (end === 'removed') throw new TimelineGone(`timeline ${name} was removed`);
  // Also where history was taken back below a stream that had read further.
  if (end === 'rewound' || cursor > head.version) {
    throw new VersionNotReached(`version ${cursor} is ahead of the head, ${head.version}`);
  }
}

async function eventsAfter(
  { timelineId, head }: FollowedTimeline,
  cursor: number,
  { log, live, inTurn }: Following,
): Promise<readonly RecordedEvent[]> {
  const recent = live()?.recent.after(cursor);
  if (recent !== undefined && recent.length > 0) return recent;
  const { events } = await inTurn(() => readPage(log, { timelineId, afterVersion: cursor, toVersion: head.version }));
  return events;
}
