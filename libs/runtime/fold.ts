import { evolve, readStoredEvent, type DomainEvent, type State } from '#domain';
import {
  checkCommit,
  type CommitWithEvents,
  type EventLog,
  type Head,
  type RecordedEvent,
  type TimelineId,
} from '#event-log';
import { TimelineStopped } from './contract.js';
import type { Allotment } from './memory-budget.js';

/** A stored event in the shape that this build evolves; throws `TimelineStopped` on one that it cannot read. */
function readEvent(event: RecordedEvent): DomainEvent {
  const { version } = event;
  const read = readStoredEvent(event);
  if (read.kind === 'unreadable')
    throw new TimelineStopped(version, `version ${version} cannot be read: ${read.reason}`);
  return read.event;
}

/** Evolves a state by one event. Throws `TimelineStopped` where it cannot, whatever the reason: reading on would not mend it. */
export function foldEvent(state: State, event: RecordedEvent): void {
  const { version, type, atMs } = event;
  try {
    evolve(state, readEvent(event), { version, atMs });
  } catch (cause) {
    if (cause instanceof TimelineStopped) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TimelineStopped(version, `version ${version}, a ${type}, cannot be evolved: ${reason}`, { cause });
  }
}

/**
 * Folds the log after `head` into the state, commit by commit, each within one turn, so that nobody sees half of one.
 * Returns the new head; `onCommit` is told of each. Throws `MemoryShort` where there is no room for more.
 */
export async function foldTail(
  log: EventLog,
  {
    timelineId,
    state,
    head,
    toVersion,
    live = false,
    memory,
  }: {
    readonly timelineId: TimelineId;
    readonly state: State;
    readonly head: Head;
    /** Absent: to the end of the log. */
    readonly toVersion?: number;
    /** The state is being read: a commit that cannot be folded must leave nothing of itself in it. */
    readonly live?: boolean;
    /** Grows with the state. */
    readonly memory?: Allotment | undefined;
  },
  onCommit: (commit: CommitWithEvents, head: Head) => void = () => undefined,
): Promise<Head> {
  let current = head;
  const range = { timelineId, afterVersion: head.version, ...(toVersion !== undefined && { toVersion }) };
  for await (const commit of log.readCommits(range)) {
    current = checkCommit(current, commit);
    const target = live ? state.overlay() : state;
    for (const event of commit.events) foldEvent(target, event);
    if (live) state.absorb(target);
    onCommit(commit, current);
    if (memory?.grow(state.bytes) === false) await memory.fits();
  }
  return current;
}
