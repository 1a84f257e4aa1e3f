import { isDeepStrictEqual } from 'node:util';
import { readStoredEvent } from '#domain';
import type { CommitWithEvents, EventLog, RecordedEvent, Stretch, TimelineId, TimelineRecord } from '#event-log';
import type { Pacer } from '../pacer.js';
import type { Divergence } from './contract.js';

/** What makes a timeline a fork and what ends it: said of the timeline, not of its economy. */
const MARKERS: ReadonlySet<string> = new Set(['TimelineForked', 'TimelineCompleted', 'TimelineArchived']);

/** A timeline up to a version. */
export interface Side {
  readonly record: TimelineRecord;
  readonly version: number;
}

/** The last version that two timelines have in common, and the timeline that holds it; undefined where they have none. */
export async function commonAncestor(
  log: EventLog,
  left: Side,
  right: Side,
): Promise<{ readonly timeline: string; readonly version: number } | undefined> {
  const theirs = new Map((await log.readAncestry(right.record.timelineId)).map((part) => [part.timelineId, part]));
  const ours = await log.readAncestry(left.record.timelineId);
  const shared = ours.findLast(({ timelineId }) => theirs.has(timelineId));
  if (shared === undefined) return undefined;
  const other = theirs.get(shared.timelineId) ?? shared;
  const version = Math.min(endOf(shared, left), endOf(other, right));
  return { timeline: shared.name, version };
}

const endOf = ({ toVersion }: Stretch, { version }: Side): number => Math.min(toVersion ?? version, version);

/**
 * The first events behind a version in which two timelines differ: by type, time or data. Who acted, and in which command
 * and commit, does not count, nor does what only says that a timeline is a fork, completed or archived. Null where both go
 * on alike to the end.
 */
export async function firstDivergence(
  { log, pacer, signal }: { readonly log: EventLog; readonly pacer: Pacer; readonly signal?: AbortSignal | undefined },
  { left, right, afterVersion }: { readonly left: Side; readonly right: Side; readonly afterVersion: number },
): Promise<Divergence | null> {
  const sides = [left, right].map(({ record: { timelineId }, version }) =>
    EventsAhead.open(log, { timelineId, afterVersion, toVersion: version }),
  );
  const [ours, theirs] = sides as [EventsAhead, EventsAhead];
  try {
    for (;;) {
      const [hasLeft, hasRight] = await Promise.all([ours.fill(), theirs.fill()]);
      if (!hasLeft || !hasRight) return ended(ours.next, theirs.next);
      if (pacer.mustRest) await pacer.rest();
      signal?.throwIfAborted();
      if (pacer.run(() => passAlike(ours, theirs))) return ended(ours.next, theirs.next);
    }
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
}

const ended = (left: RecordedEvent | undefined, right: RecordedEvent | undefined): Divergence | null =>
  left === undefined && right === undefined ? null : { left: left ?? null, right: right ?? null };

/** Events that are compared before the clock is looked at. */
const EVENTS_PER_PIECE = 200;

/** Passes over what is alike and at hand on both sides; true where something is not. */
function passAlike(left: EventsAhead, right: EventsAhead): boolean {
  for (let passed = 0; passed < EVENTS_PER_PIECE; passed += 1) {
    if (left.next === undefined || right.next === undefined) return false;
    if (!isAlike(left.next, right.next)) return true;
    left.pass();
    right.pass();
  }
  return false;
}

function isAlike(left: RecordedEvent, right: RecordedEvent): boolean {
  if (left.type !== right.type || left.atMs !== right.atMs) return false;
  if (left.schemaVersion === right.schemaVersion && left.data === right.data) return true;
  // The same in another shape, or with its fields in another order: another release wrote it.
  const [ours, theirs] = [readStoredEvent(left), readStoredEvent(right)];
  if (ours.kind === 'unreadable' || theirs.kind === 'unreadable') return false;
  return isDeepStrictEqual(ours.event.data, theirs.event.data);
}

/** The events of one side without the markers, read while they are compared. */
class EventsAhead {
  readonly #commits: AsyncIterator<CommitWithEvents>;
  #events: readonly RecordedEvent[] = [];
  #index = 0;

  private constructor(commits: AsyncIterator<CommitWithEvents>) {
    this.#commits = commits;
  }

  static open(
    log: EventLog,
    range: { readonly timelineId: TimelineId; readonly afterVersion: number; readonly toVersion: number },
  ): EventsAhead {
    return new EventsAhead(log.readCommits(range)[Symbol.asyncIterator]());
  }

  /** The next event at hand; undefined before `fill`, and at the end. */
  get next(): RecordedEvent | undefined {
    return this.#events[this.#index];
  }

  pass(): void {
    this.#index += 1;
  }

  /** Makes sure that the next event is at hand; false at the end. */
  async fill(): Promise<boolean> {
    while (this.next === undefined) {
      const next = await this.#commits.next();
      if (next.done === true) return false;
      this.#events = next.value.events.filter(({ type }) => !MARKERS.has(type));
      this.#index = 0;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#commits.return?.();
  }
}
