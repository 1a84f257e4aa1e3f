import type { Limits, State } from '#domain';
import type { EventLog, Head } from '#event-log';
import type { DatabaseClock } from './clock.js';
import type { TimelineStopped } from './contract.js';
import type { GrowthLimits } from './group.js';
import type { Allotment } from './memory-budget.js';
import type { QueueMemory } from './work-queue.js';

/** A timeline's state as it was folded from the log. */
export interface LoadedState {
  readonly state: State;
  readonly head: Head;
  /** Version of the last event that a client caused, or an upper bound of it. */
  readonly lastClientVersion: number;
  /** How often the timeline had been rebuilt when the folding began. */
  readonly rebuilds: number;
  /** What the state takes of the process's memory. */
  readonly memory: Allotment;
}

/** A state that was folded beside the live one, to be put in its place. */
export interface Replacement extends Pick<LoadedState, 'state' | 'head' | 'rebuilds' | 'memory'> {
  /**
   * Told, in the turn in which it happens, which state was replaced, and what it takes; undefined where none was. Whoever is
   * told gives back what is not needed any more.
   */
  readonly settle: (before: Pick<LoadedState, 'state' | 'memory'> | undefined) => void;
}

export interface CommitLoopOptions {
  readonly log: EventLog;
  readonly clock: DatabaseClock;
  readonly writer: string;
  readonly commandsQueuedMax: number;
  readonly eventsPerCommitMax: number;
  readonly limits: Limits;
  readonly growth: GrowthLimits;
  readonly queueMemory: QueueMemory;
  /** Folds the timeline anew, after the log's history was taken back under the live state. */
  readonly reload: () => Promise<LoadedState>;
  readonly onAdvance: () => void;
  readonly onIdle?: () => void;
  readonly onRewound: (detail: string) => void;
  readonly onStopped: (stop: TimelineStopped) => void;
  /** There is no room for what others wrote to it: it cannot stay loaded. */
  readonly onMemoryShort: () => void;
  /** An append failed; its commands are told themselves. */
  readonly onCommitFault: (fault: unknown) => void;
  readonly onCommit: (group: { readonly commands: number; readonly events: number; readonly ms: number }) => void;
}

/** What the live state was when the database was asked for its head. */
export interface Asked {
  readonly head: Head;
  /** How often history had been taken back by then. */
  readonly reloads: number;
}
