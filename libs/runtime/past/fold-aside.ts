import { createHash } from 'node:crypto';
import { canonicalText, type ReadableState, type State } from '#domain';
import { checkCommit, type EventLog, type Head, type RecordedEvent, type TimelineId } from '#event-log';
import { VersionAhead } from '../contract.js';
import { foldEvent } from '../fold.js';
import type { Allotment } from '../memory-budget.js';
import type { Pacer } from '../pacer.js';

/** Events that are folded before the clock is looked at. */
const EVENTS_PER_PIECE = 32;

/**
 * Folds the versions after `head` up to `toVersion` into a state that nobody else sees yet, at a pace that leaves the live
 * timelines their turns. Returns the head there; `onEvent` is told of each event when it is in the state.
 */
export async function foldAside(
  { log, pacer }: { readonly log: EventLog; readonly pacer: Pacer },
  {
    timelineId,
    state,
    head,
    toVersion,
    signal,
    memory,
    isOverlay = false,
  }: {
    readonly timelineId: TimelineId;
    readonly state: State;
    readonly head: Head;
    readonly toVersion: number;
    readonly signal?: AbortSignal | undefined;
    /** Grows with the state, of an overlay with what it has of its own. */
    readonly memory?: Allotment | undefined;
    readonly isOverlay?: boolean;
  },
  onEvent: (event: RecordedEvent) => void = () => undefined,
): Promise<Head> {
  let current = head;
  if (head.version === toVersion) return head;
  for await (const commit of log.readCommits({ timelineId, afterVersion: head.version, toVersion })) {
    if (pacer.mustRest) await pacer.rest();
    signal?.throwIfAborted();
    const before = current;
    current = pacer.run(() => checkCommit(before, commit));
    for (let start = 0; start < commit.events.length; start += EVENTS_PER_PIECE) {
      if (pacer.mustRest) await pacer.rest();
      pacer.run(() => {
        for (const event of commit.events.slice(start, start + EVENTS_PER_PIECE)) {
          foldEvent(state, event);
          onEvent(event);
        }
      });
      if (memory?.grow(isOverlay ? state.ownBytes : state.bytes) === false) await memory.fits();
    }
  }
  // History was taken back since the version was looked up.
  if (current.version < toVersion) throw new VersionAhead(toVersion, current.version);
  return current;
}

/** SHA-256 of the canonical text, hexadecimal, at the same pace. The state must hold still. */
export async function hashAside(pacer: Pacer, state: ReadableState, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const pieces = canonicalText(state);
  for (let isDone = false; !isDone;) {
    if (pacer.mustRest) await pacer.rest();
    signal?.throwIfAborted();
    isDone = pacer.run(() => {
      const piece = pieces.next();
      if (piece.done !== true) hash.update(piece.value);
      return piece.done === true;
    });
  }
  return hash.digest('hex');
}
