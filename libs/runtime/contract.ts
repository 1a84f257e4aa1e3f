import type { Command, ForkTerms, ReadableState, Refusal, State } from '#domain';
import type {
  ChainHash,
  KeyDigest,
  Label,
  RecordedEvent,
  RemoveTimelineOutcome,
  SaveLabelOutcome,
  SnapshotInfo,
  TimelineRecord,
  TimelinesPage,
} from '#event-log';

import type { Past, Waiting } from './past/contract.js';
import type { Replays, ReplayWork } from './replay/contract.js';

/** An idempotency key as a request brings it. */
export interface RequestKey {
  /** Digest of principal and key for each stored part of the reply; a single command has part 0 only. */
  readonly digest: (part: number) => KeyDigest;
  /** Digest of method, route and body in canonical form. */
  readonly requestHash: string;
  /** Another digest that an earlier build may have stored for the same request. */
  readonly earlierHash?: string;
}

/** Whether what was stored under a key was stored for this request. */
export const isSameRequest = (
  stored: { readonly requestHash: string },
  key: Pick<RequestKey, 'requestHash' | 'earlierHash'> | null,
): boolean => key !== null && (stored.requestHash === key.requestHash || stored.requestHash === key.earlierHash);

/** A command with all that decides how it is executed. */
export interface Submission {
  readonly command: Command;
  /** The principal's name; `system` for ticks. */
  readonly actor: string;
  readonly key: RequestKey | null;
  /** `If-Match`: refused as `precondition-failed` when clients' commands have moved the timeline on. */
  readonly expectedVersion: number | null;
}

/** What became of one command. Faults (database away, overload, deadline) are errors instead. */
export type Outcome =
  | {
      readonly status: 'accepted';
      /** The timeline's version after it. */
      readonly version: number;
      /** The command's own events; none if there was nothing to do. */
      readonly events: readonly RecordedEvent[];
      /** Answered from an earlier execution under the same key or with the same content. */
      readonly repeated: boolean;
    }
  | { readonly status: 'refused'; readonly refusal: Refusal }
  | { readonly status: 'precondition-failed'; readonly version: number }
  /** The key was used before with another request. */
  | { readonly status: 'key-reused' };

/** One command of a batch. */
export interface BatchEntry {
  readonly command: Command;
  /** Null where the batch has a key of its own. */
  readonly key: RequestKey | null;
}

/** Commands to be decided in order, each accepted or refused alone unless the batch is atomic. */
export interface BatchSubmission {
  readonly entries: readonly BatchEntry[];
  readonly actor: string;
  /** Covers the whole batch: every outcome, refusals included, is recorded and given again. */
  readonly key: RequestKey | null;
  readonly expectedVersion: number | null;
  /** One commit or nothing: the first refusal refuses all. */
  readonly atomic: boolean;
}

/** What became of a batch. */
export type BatchOutcome =
  | {
      readonly status: 'done';
      /** One for each entry decided, in order. */
      readonly outcomes: readonly Outcome[];
      /** The timeline's version after the last of them. */
      readonly version: number;
      /** The fault that cut the batch off before its last entry; absent when all were decided. */
      readonly cutOff?: Error;
    }
  /** An atomic batch: entry `index` was refused and nothing was applied. */
  | { readonly status: 'refused'; readonly index: number; readonly refusal: Refusal }
  | { readonly status: 'precondition-failed'; readonly version: number }
  | { readonly status: 'key-reused' };

/** Committed state at a confirmed head. Valid only within the callback it is given to: the next commit changes it. */
export interface LiveView {
  readonly timeline: string;
  readonly parent: { readonly name: string; readonly forkVersion: number } | null;
  readonly state: State;
  readonly version: number;
  readonly chainHash: ChainHash;
  /** The timeline's time now, ms: a virtual clock's last event, or the wall clock's. */
  readonly nowMs: number;
  /** With the database away: how old the knowledge is, ms; null when the head was confirmed for this request. */
  readonly staleMs: number | null;
}

/** No such timeline. */
export class TimelineUnknown extends Error {
  override readonly name = 'TimelineUnknown';
}

/** A limit was reached; nothing happened and nothing will. Try again after `retryAfterSeconds`. */
export class Overloaded extends Error {
  override readonly name: string = 'Overloaded';
  constructor(
    message: string,
    readonly retryAfterSeconds = 1,
  ) {
    super(message);
  }
}

/**
 * The process's budget of memory has no room for it, or for what it needs loaded; nothing happened and nothing will. Other
 * work goes on.
 */
export class MemoryShort extends Overloaded {
  override readonly name = 'MemoryShort';
  constructor(message: string) {
    super(message, 5);
  }
}

/** The command was not reached before its deadline; it never took effect. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/** A read's `minVersion` was not reached in time. */
export class VersionNotReached extends Error {
  override readonly name = 'VersionNotReached';
}

/** A past state was asked for at a version that the timeline does not have yet. */
export class VersionAhead extends Error {
  override readonly name = 'VersionAhead';
  constructor(
    readonly version: number,
    readonly headVersion: number,
  ) {
    super(`version ${version} is ahead of the head, ${headVersion}`);
  }
}

/** A past state was asked for from before the timeline's first event. */
export class StateUnknown extends Error {
  override readonly name = 'StateUnknown';
}

/** A stretch of history was asked for that ends before it starts. */
export class MomentsReversed extends Error {
  override readonly name = 'MomentsReversed';
}

/** The process's clock and the database's differ by more than is safe to write with. */
export class ClockDisagreement extends Error {
  override readonly name = 'ClockDisagreement';
}

/** This build cannot read the timeline's log, or the log contradicts itself. Other timelines go on. */
export class TimelineStopped extends Error {
  override readonly name = 'TimelineStopped';
  constructor(
    /** Position of the first event that cannot be read on from. */
    readonly version: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A command broke an assertion; nothing of it was stored. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
}

/** The process is stopping and takes no new commands. */
export class Draining extends Error {
  override readonly name = 'Draining';
}

/** A new timeline and all that its first commit holds. */
export interface CreateTimelineSubmission {
  readonly name: string;
  /** `CreateTimeline` first; an import may follow. All of it is the timeline's first commit, or nothing is. */
  readonly commands: readonly Command[];
  readonly actor: string;
  readonly key: RequestKey | null;
}

/** Why a version cannot be forked or labelled. */
export type VersionProblem =
  | { readonly status: 'label-unknown' }
  | { readonly status: 'version-ahead'; readonly headVersion: number }
  /** The nearest versions where a command ends; `before` is 0 where there is none. */
  | { readonly status: 'version-inside-command'; readonly before: number; readonly after: number }
  | { readonly status: 'fork-depth-reached'; readonly depthMax: number };

/** A fork to be made. */
export interface ForkSubmission {
  readonly parent: string;
  readonly name: string;
  /** A version at which a command ends, a label, or null for the head. */
  readonly at: number | { readonly label: string } | null;
  readonly terms: ForkTerms;
  readonly actor: string;
  readonly key: RequestKey | null;
}

/** What became of a fork. */
export type ForkOutcome = Outcome | { readonly status: 'name-taken' } | VersionProblem;

/** A timeline to be removed. */
export interface RemovalSubmission {
  readonly timeline: string;
  /** Its name once more, where it is active or has no parent: what is lost then may be all there is. */
  readonly confirm: string | null;
  readonly key: RequestKey | null;
}

/** What became of a removal. */
export type RemovalOutcome =
  | Exclude<RemoveTimelineOutcome, { status: 'key-taken' }>
  | { readonly status: 'unconfirmed'; readonly timeline: string }
  | { readonly status: 'key-reused' };

/** What became of a label; it is found where it names that very version already, and taken where it names another. */
export type LabelOutcome =
  | Exclude<SaveLabelOutcome, { status: 'key-taken' }>
  | { readonly status: 'label-taken'; readonly label: Label }
  | VersionProblem
  | { readonly status: 'key-reused' };

/** Where a timeline comes from and what was made of it. */
export interface Lineage {
  readonly timeline: string;
  /** The parent first, the root last. */
  readonly ancestors: readonly { readonly timeline: string; readonly forkVersion: number }[];
  readonly forks: readonly TimelineRecord[];
}

/** A timeline's state at one version, held still while work goes on over several turns. */
export interface PinnedView {
  readonly timeline: string;
  readonly state: ReadableState;
  readonly version: number;
  readonly staleMs: number | null;
}

/** What a read may ask for besides the newest state. */
export interface ReadOptions {
  /** Wait until the timeline has this version: 2 s at most, then `VersionNotReached`. */
  readonly minVersion?: number;
}

/** What one process knows of itself, for operators. */
export interface ProcessStatus {
  readonly writer: string;
  readonly draining: boolean;
  readonly databaseAvailable: boolean;
  /** It answers, and takes no writes. */
  readonly databaseReadOnly: boolean;
  /** Commits wait for no standby any more, or for one that is not there, where they did or were to. */
  readonly standbyMissing: boolean;
  readonly clockDifferenceMs: number;
  readonly streams: number;
  readonly memory: MemoryStatus;
  /** Those that this process works on. */
  readonly replays: readonly ReplayWork[];
  readonly timelines: readonly LiveTimelineStatus[];
}

/** What the states take that a process holds, and may take. */
export interface MemoryStatus {
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** How often something was refused since the start because there was no room for it. */
  readonly refusals: number;
}

/** One loaded timeline, or one whose log could not be read on, for operators. */
export interface LiveTimelineStatus {
  readonly name: string;
  /** The last version that was read. */
  readonly version: number;
  /** The chain hash there; null where it could not be loaded. */
  readonly chainHash: ChainHash | null;
  readonly queued: number;
  readonly commits: number;
  readonly lostAppends: number;
  readonly snapshotVersion: number | null;
  /** Where and why it cannot be gone on with, if it cannot. */
  readonly stopped: { readonly version: number; readonly reason: string } | null;
}

/** Live timelines over one event log: what handlers and tools use. Faults reject with the errors below. */
export interface Runtime {
  /** States of any version, folded beside the live ones. */
  readonly past: Past;
  /** Replays of whole logs, beside the live ones too. */
  readonly replays: Replays;
  /** Stores a timeline's first commit, or nothing; a name is never re-used. */
  createTimeline(submission: CreateTimelineSubmission): Promise<Outcome | { readonly status: 'name-taken' }>;
  /** Makes a timeline that shares another's log up to a version; copies nothing and folds nothing. */
  forkTimeline(submission: ForkSubmission): Promise<ForkOutcome>;
  /** Removes a timeline that no other stands on; its name stays taken. */
  removeTimeline(submission: RemovalSubmission): Promise<RemovalOutcome>;
  /** At most 1,000 forks are named. */
  lineage(timeline: string, waiting?: Waiting): Promise<Lineage>;
  /** Names a version, or the head; a snapshot is kept there if it is the head. */
  saveLabel(
    timeline: string,
    label: { readonly label: string; readonly version: number | null; readonly key: RequestKey | null },
  ): Promise<LabelOutcome>;
  /** In order of label by code point, those of the ancestry included. */
  listLabels(
    timeline: string,
    page: { readonly afterLabel: string | null; readonly limit: number },
    waiting?: Waiting,
  ): Promise<readonly Label[]>;
  /** Decides one command and, if it is accepted, resolves once its events are durable. */
  execute(timeline: string, submission: Submission): Promise<Outcome>;
  /** Decides a batch, over several commits if need be; `cutOff` says that it was not finished, and why. */
  executeBatch(timeline: string, batch: BatchSubmission): Promise<BatchOutcome>;
  /** Runs `view` on committed state at a head confirmed after the call; `view` must not keep the state. */
  read<T>(timeline: string, options: ReadOptions, view: (live: LiveView) => T): Promise<T>;
  /**
   * The same for a view that takes a good part of a turn, such as a page of a list: beside a bounded number of others, at a pace
   * that leaves commands their turns.
   */
  readPaced<T>(timeline: string, options: ReadOptions, view: (live: LiveView) => T, waiting?: Waiting): Promise<T>;
  /** The version at a head confirmed after the call; loads nothing. */
  headOf(
    timeline: string,
    options: ReadOptions,
  ): Promise<{ readonly version: number; readonly staleMs: number | null }>;
  /**
   * For work of more than a turn: commands go on while the pinned state stays as it is. A bounded number at once, some more
   * wait, and then it is `Overloaded`.
   */
  readPinned<T>(
    timeline: string,
    options: ReadOptions,
    work: (pinned: PinnedView) => Promise<T>,
    waiting?: Waiting,
  ): Promise<T>;
  /** SHA-256 of the canonical text of a pinned state, hexadecimal, at a pace that leaves commands their turns. */
  stateHash(state: ReadableState, waiting?: Waiting): Promise<string>;
  /**
   * Events after a version, at a confirmed head; `scannedTo` is where the next page starts. A page for which much would have to
   * be passed over is short, or empty, and leads on all the same.
   */
  readEvents(
    timeline: string,
    page: { readonly afterVersion: number; readonly limit: number; readonly types?: readonly string[] },
    waiting?: Waiting,
  ): Promise<{ readonly events: readonly RecordedEvent[]; readonly headVersion: number; readonly scannedTo: number }>;
  /**
   * The names of the outcomes of markets, by id; one that is not found may be left out. From the live state where the timeline
   * is loaded, or may be; else the log is looked through, and others may be told too.
   */
  outcomesOf(
    timeline: string,
    marketIds: readonly string[],
    options?: Waiting & { readonly mayLoad?: boolean },
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Work within a turn, done at a pace that leaves commands their turns. */
  paced<T>(piece: () => T): Promise<T>;
  /**
   * Commits after `afterVersion` (null: from the head), in order and without a gap, until the signal aborts. Follows the log: no
   * timeline is loaded for it, nor kept. Rejects with `VersionNotReached` if `afterVersion` is ahead of the head, with `Overloaded` if too many streams are open, with
   * `TimelineGone` when the timeline is removed.
   */
  follow(
    timeline: string,
    options: { readonly afterVersion: number | null; readonly signal: AbortSignal; readonly client?: string },
  ): AsyncIterable<readonly RecordedEvent[]>;
  /** Takes a snapshot of the confirmed head, beside the commands that go on. */
  takeSnapshot(timeline: string): Promise<SnapshotInfo>;
  /** Newest first. */
  listSnapshots(timeline: string, waiting?: Waiting): Promise<readonly SnapshotInfo[]>;
  /** In order of name by code point, from the log: loaded or not. */
  listTimelines(page: TimelinesPage, waiting?: Waiting): Promise<readonly TimelineRecord[]>;
  /** This process only; nothing is asked of the database. */
  status(): ProcessStatus;
  /** Takes no new commands, finishes those taken, and takes a last snapshot where one is due. */
  drain(): Promise<void>;
}
