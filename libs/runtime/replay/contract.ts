import type { Difference } from '#domain';
import type { RecordedReplay, ReplayMode, ReplayProgress, ReplayStatus } from '#event-log';
import type { RequestKey } from '../contract.js';

/** Where what is stored or served parts from the log. */
export interface FirstDifference {
  /** The first version at which something was found that is not what the log gives. */
  readonly version: number;
  /** The last version before it at which what is stored is what the log gives; 0: none is known. */
  readonly lastAlike: number;
  /** A stored snapshot, or the state that the process serves. */
  readonly where: 'snapshot' | 'live';
  readonly detail: string;
  /** The first few: `left` is what was found, `right` what the log gives. None where it could not be read. */
  readonly differences: readonly Difference[];
}

/** Why a replay failed. */
export interface ReplayFailure {
  /** Position of the event that cannot be read on from; null where no event is to blame. */
  readonly version: number | null;
  readonly reason: string;
}

/** A replay job, with the newest that this process knows of how far it is. */
export interface Replay extends ReplayProgress {
  /** A UUID. */
  readonly id: string;
  readonly timeline: string;
  readonly mode: ReplayMode;
  readonly status: ReplayStatus;
  /** As it was asked for; null: the head. */
  readonly toVersion: number | null;
  /** How long it still takes at this rate, ms; null where that is not known, 0 once it has ended. */
  readonly etaMs: number | null;
  /** SHA-256 of the canonical text of the state that the log gives at the end; null before. */
  readonly stateHash: string | null;
  /** Whether everything that it was compared with is what the log gives; null before the end. */
  readonly matches: boolean | null;
  readonly firstDifference: FirstDifference | null;
  readonly failure: ReplayFailure | null;
  /** The process that works on it or did last. */
  readonly owner: string | null;
  readonly attempts: number;
  /** Of the database's clock, ms since the Unix epoch. */
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

/** A replay to be made. */
export interface ReplaySubmission {
  readonly timeline: string;
  readonly mode: ReplayMode;
  /** Null: the head, as it is when a process begins. A rebuild goes to the head. */
  readonly toVersion: number | null;
  readonly key: RequestKey | null;
}

/** What became of a submission. */
export type ReplayOutcome =
  | { readonly status: 'started'; readonly replay: Replay }
  | { readonly status: 'key-reused' }
  /** The key's replay ended so long ago that it was forgotten. */
  | { readonly status: 'forgotten' };

/**
 * Replays of whole logs beside the live timelines. Jobs are rows: any process shows or cancels them, and whichever has
 * room works on them; when it dies another one starts anew.
 */
export interface Replays {
  /** Rejects with `Overloaded`, `TimelineUnknown` and `VersionAhead`. */
  start(submission: ReplaySubmission): Promise<ReplayOutcome>;
  find(id: string): Promise<Replay | undefined>;
  /** Newest first. */
  list(page: {
    readonly after: Pick<RecordedReplay, 'id' | 'createdAtMs'> | null;
    readonly limit: number;
  }): Promise<readonly Replay[]>;
  /** Ends a running one; the replay as it is then, undefined if there is none. */
  cancel(id: string): Promise<Replay | undefined>;
  /** The replay now and twice a second until it has ended, or the signal aborts. Counts as a stream. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Replay>;
  /** Those that this process works on. */
  status(): readonly ReplayWork[];
}

/** A replay that this process works on. */
export interface ReplayWork extends ReplayProgress {
  readonly id: string;
  readonly timeline: string;
  readonly mode: ReplayMode;
}
