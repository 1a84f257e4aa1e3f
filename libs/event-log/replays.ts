import type { ProposedKey, TimelineId } from './log.js';
import type { Snapshot } from './snapshot.js';

/** `verify` compares what a replay gives with what is stored and served; `rebuild` puts the replay's result in its place. */
export type ReplayMode = 'verify' | 'rebuild';

/** A job is `running` from its creation on, also while it waits for a process to take it. */
export type ReplayStatus = 'running' | 'completed' | 'failed' | 'cancelled';

/** How far a replay is. */
export interface ReplayProgress {
  /** The version it has folded. */
  readonly version: number;
  /** The version it goes to; null until a process has taken it and looked. */
  readonly of: number | null;
  readonly eventsPerSecond: number;
}

/** What a replay came to. The texts are JSON, whose shape is its runner's. */
export interface ReplayResult {
  readonly stateHash: string | null;
  readonly matches: boolean | null;
  readonly firstDifference: string | null;
  /** Why it failed, if it did. */
  readonly failure: string | null;
}

/** A replay job as it is stored. */
export interface RecordedReplay extends ReplayProgress, ReplayResult {
  /** A UUID. */
  readonly id: string;
  readonly timelineId: TimelineId;
  /** The timeline's name. */
  readonly timeline: string;
  readonly mode: ReplayMode;
  readonly status: ReplayStatus;
  /** As it was asked for; null: the head. */
  readonly toVersion: number | null;
  /** The process that works on it or did last; null before the first. */
  readonly owner: string | null;
  /** How often a process has taken it. */
  readonly attempts: number;
  /** The database's time, ms since the Unix epoch. */
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

/** A job to be created. */
export interface CreateReplayRequest {
  readonly id: string;
  readonly timelineId: TimelineId;
  readonly mode: ReplayMode;
  readonly toVersion: number | null;
  /** Burnt in the server's scope together with the creation. */
  readonly key: ProposedKey | null;
}

/** What became of a job's creation. */
export type CreateReplayOutcome =
  | { readonly status: 'created'; readonly replay: RecordedReplay }
  /** As many as there may be are unfinished; nothing was written. */
  | { readonly status: 'full' }
  | { readonly status: 'key-taken' };

/**
 * One process's hold on a job. Every write names it, and writes nothing once the job has ended or another process has
 * taken it: whoever was paused for longer than its lease finds out with its next write.
 */
export interface ReplayClaim {
  readonly id: string;
  readonly owner: string;
  /** `attempts` as the claim left it. */
  readonly attempt: number;
}

/** A snapshot that was compared with the log while it was replayed, or made from it. */
export type CheckedSnapshot = Pick<Snapshot, 'version' | 'format' | 'reducer' | 'sha256'>;

/** Replay jobs: rows that any process shows or cancels, and that one process at a time works on, under a lease. */
export interface ReplayStore {
  /** Forgets all but the newest `finishedKept` of the finished ones meanwhile. */
  create(
    request: CreateReplayRequest,
    limits: { readonly unfinishedMax: number; readonly finishedKept: number },
  ): Promise<CreateReplayOutcome>;
  /** Undefined where there is none, or none any more. */
  find(id: string): Promise<RecordedReplay | undefined>;
  /** Newest first, behind `after`. */
  list(page: {
    readonly after: Pick<RecordedReplay, 'id' | 'createdAtMs'> | null;
    readonly limit: number;
  }): Promise<readonly RecordedReplay[]>;
  /**
   * Takes the oldest unfinished job that nobody holds, from its beginning, for `leaseMs` of the database's time; none of
   * `except`: whoever was paused still works on its own.
   */
  claim(owner: string, leaseMs: number, except?: readonly string[]): Promise<RecordedReplay | undefined>;
  /** Says how far it is and holds it for `leaseMs` more; false where the claim does not hold any more. */
  report(claim: ReplayClaim, progress: ReplayProgress, leaseMs: number): Promise<boolean>;
  /** Lets go of a job, for any process to take it at once. */
  giveBack(claim: ReplayClaim): Promise<void>;
  /** Ends it; false where the claim does not hold any more. */
  finish(
    claim: ReplayClaim,
    end: { readonly status: 'completed' | 'failed'; readonly progress: ReplayProgress; readonly result: ReplayResult },
  ): Promise<boolean>;
  /** Ends it as cancelled if it is running; the job as it is then. */
  cancel(id: string): Promise<RecordedReplay | undefined>;
  /** As the log's `saveSnapshot`; false, and nothing written, where the claim does not hold any more. */
  saveSnapshot(claim: ReplayClaim, snapshot: Snapshot): Promise<boolean>;
  /**
   * Ends a rebuild as completed and raises the timeline's `rebuilds`, all at once: from then on only the snapshots named
   * here count, as far as they are still the same, and those that are taken of states loaded after it. False, and nothing
   * written, where the claim does not hold any more.
   */
  finishRebuild(
    claim: ReplayClaim,
    end: {
      readonly progress: ReplayProgress;
      readonly result: ReplayResult;
      readonly checked: readonly CheckedSnapshot[];
    },
  ): Promise<boolean>;
}
