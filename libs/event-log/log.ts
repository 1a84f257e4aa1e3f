/**
 * The port of the event log: what a record is, and what a log must be able to do.
 *
 * Words. A *timeline* has one dense *version* 1..n, one version an *event*. A *group commit* is what one append writes:
 * the events of one or more commands, their idempotency keys and one commit record. The *head* of a timeline is its
 * last version together with the chain hash there; an append names the head it was decided against.
 */

import type { AccessStore } from './access.js';
import type { ReplayStore } from './replays.js';
import type { RestoreOutcome, RestorePart } from './restoring.js';
import type { Snapshot, SnapshotInfo } from './snapshot.js';
import type { StoredRows } from './stored-rows.js';

/** Internal number of a timeline in this log. Never shown to clients, never part of a hash. */
export type TimelineId = number & { readonly __brand: 'timeline-id' };

/** A SHA-256 as 64 lower-case hexadecimal digits. */
export type ChainHash = string & { readonly __brand: 'chain-hash' };

/** The last version of a timeline and the chain hash there; version 0 carries the genesis hash. */
export interface Head {
  readonly version: number;
  readonly hash: ChainHash;
}

/** An event as decided, before it has a version. */
export interface ProposedEvent {
  readonly type: string;
  readonly schemaVersion: number;
  /** Timeline time, integer ms since the Unix epoch. */
  readonly atMs: number;
  /** UUID of the command that caused it; one id over all attempts of that command. */
  readonly commandId: string;
  /** Who acted: a principal's name, or `system`. */
  readonly actor: string;
  /** The event's data as the exact JSON text that is stored and hashed. No raw line breaks (JSON escapes them). */
  readonly data: string;
}

/** An event as stored. */
export interface RecordedEvent extends ProposedEvent {
  readonly version: number;
}

/** What one append wrote, as stored. */
export interface RecordedCommit {
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** Chain hash after the commit: it covers every event up to `lastVersion` and this record's own columns. */
  readonly hash: ChainHash;
  /** The database's time as the writer knew it, ms since the Unix epoch. */
  readonly recordedAtMs: number;
  /** The process that wrote it. */
  readonly writer: string;
}

/** 128-bit digest of (principal, key, part), 32 hexadecimal digits. See `keyDigest`. */
export type KeyDigest = string & { readonly __brand: 'key-digest' };

/** An idempotency key to be burnt with an append. */
export interface ProposedKey {
  readonly digest: KeyDigest;
  /** 128-bit digest of method, route and body as sent, 32 hexadecimal digits. */
  readonly requestHash: string;
  /** The versions of the command's own events; an empty command has `lastVersion = firstVersion − 1`. */
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** The stored reply (JSON text) where it is not a function of the command's own events, else null. */
  readonly reply: string | null;
}

/** An idempotency key as stored. */
export type RecordedKey = ProposedKey;

/** One group commit to append. */
export interface AppendRequest {
  readonly timelineId: TimelineId;
  /** The head that the events were decided against; the append takes effect only if it still is the head. */
  readonly expected: Head;
  /** May be empty when only keys are burnt; then the head does not move. */
  readonly events: readonly ProposedEvent[];
  readonly keys: readonly ProposedKey[];
  readonly recordedAtMs: number;
  readonly writer: string;
}

/** Versions to look for an event in that somebody else than the actor caused. */
export type OthersRange = Required<Pick<ReadRequest, 'afterVersion' | 'toVersion'>> & Pick<RecordedEvent, 'actor'>;

/** What became of an append that the database answered. */
export type AppendOutcome =
  | { readonly status: 'appended'; readonly head: Head; readonly databaseTimeMs: number }
  /** Somebody else moved the head first, or the timeline takes no more events; nothing was written. */
  | { readonly status: 'lost' }
  /** One of the keys is burnt already; nothing was written. */
  | { readonly status: 'key-taken' };

/** A head confirmed by the database after the question was asked, and the burnt ones among the keys asked for. */
export interface Confirmation {
  readonly head: Head;
  readonly keys: readonly RecordedKey[];
  readonly databaseTimeMs: number;
}

/** Whether a database takes writes, and on how many machines what it acknowledges is. */
export interface LogCondition {
  readonly isReadOnly: boolean;
  /** Whether commits are to wait for a standby. */
  readonly demandsStandby: boolean;
  /** How many they wait for now; null where the login may not see it. */
  readonly synchronousStandbys: number | null;
}

/** Exclusive right to append to a timeline, held in a database transaction until `append` or `release`. */
export interface HeadLock {
  readonly head: Head;
  readonly databaseTimeMs: number;
  /** Appends and commits; the lock is gone afterwards, whatever the outcome, a request that cannot be appended included. */
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** Gives the lock up without writing anything. */
  release(): Promise<void>;
}

/**
 * A timeline as the log knows it. A *fork* has a parent: its log is the parent's up to the fork version, and then its own.
 * Whoever reads a timeline by its number reads all of it, through its ancestry.
 */
export interface TimelineRecord {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly parent: { readonly timelineId: TimelineId; readonly name: string; readonly forkVersion: number } | null;
  /** Of a fork it covers the fork version and the parent's chain hash there. */
  readonly genesisHash: ChainHash;
  readonly head: Head;
  readonly createdAtMs: number;
  /** How often it was rebuilt: snapshots of states that were loaded before the last time do not count any more. */
  readonly rebuilds: number;
  /** The event at the head: its type tells whether the timeline is completed or archived. */
  readonly last: { readonly type: string; readonly atMs: number; readonly recordedAtMs: number };
}

/** Names from one to another, by code point, both included. */
export interface NameRange {
  readonly from: string;
  readonly to: string;
}

/** Which timelines to list. */
export interface TimelinesPage {
  /** The first listed is the next one. */
  readonly afterName: string | null;
  readonly limit: number;
  /** Only names in one of these ranges; absent: all. */
  readonly within?: readonly NameRange[];
}

/** One stretch of a timeline's log, as one timeline of its ancestry keeps it: versions `afterVersion + 1` to `toVersion`. */
export interface Stretch {
  readonly timelineId: TimelineId;
  readonly name: string;
  /** Of the timeline that keeps it. */
  readonly genesisHash: ChainHash;
  readonly afterVersion: number;
  /** Where the next stretch branches off; null for the timeline's own, which grows. */
  readonly toVersion: number | null;
}

/** Where a fork branches off: the last event of a command, and the parent's chain hash there (see `headAt`). */
export interface ForkPoint {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly head: Head;
}

/** A new timeline and its first commit. */
export interface CreateTimelineRequest {
  readonly name: string;
  /** Null for a root. */
  readonly fork: ForkPoint | null;
  /** The first commit: `TimelineCreated` first, or `TimelineForked`. */
  readonly events: readonly ProposedEvent[];
  /** Burnt in the server's scope together with the creation. */
  readonly key: ProposedKey | null;
  readonly recordedAtMs: number;
  readonly writer: string;
}

/** What became of a timeline's creation; a name is never used twice. */
export type CreateTimelineOutcome =
  | { readonly status: 'created'; readonly timeline: TimelineRecord }
  | { readonly status: 'name-taken' }
  | { readonly status: 'key-taken' }
  /** The timeline to fork is not there any more. */
  | { readonly status: 'parent-gone' };

/** What became of a timeline's removal; its name is never used again. */
export type RemoveTimelineOutcome =
  | { readonly status: 'removed' }
  /** Forks stand on it; some of their names. */
  | { readonly status: 'has-forks'; readonly names: readonly string[] }
  | { readonly status: 'unknown' }
  | { readonly status: 'key-taken' };

/** A name for a version of a timeline. */
export interface Label {
  readonly label: string;
  readonly version: number;
  /** Name of the timeline that it was given to: the one asked about, or one of its ancestry. */
  readonly timeline: string;
}

/** What became of a label: one that was there already, at whatever version, is told and left alone. */
export type SaveLabelOutcome =
  | { readonly status: 'saved'; readonly label: Label }
  | { readonly status: 'found'; readonly label: Label }
  | { readonly status: 'key-taken' };

/** Which events to read. */
export interface ReadRequest {
  readonly timelineId: TimelineId;
  /** Exclusive: the first event read is `afterVersion + 1`. */
  readonly afterVersion: number;
  /** Inclusive; absent = to the head. */
  readonly toVersion?: number;
  /** Only these types; absent = all. */
  readonly types?: readonly string[];
  /** At most this many events. */
  readonly limit: number;
  /** At most about so many bytes of their data, and one event in any case; absent = whatever they have. */
  readonly bytesMax?: number;
}

/** Events in order of version, and the head as it was in the same database snapshot. */
export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** Whether it ends with the last of these events because more would have had too many bytes. */
  readonly isCut: boolean;
  readonly head: Head;
}

/**
 * A commit with its events: what replay and chain verification read. Where a reader starts or ends within a commit, as a
 * fork may, only the events that were asked for are there.
 */
export interface CommitWithEvents {
  readonly commit: RecordedCommit;
  /** Genesis of the fork whose own log starts with this commit; null for any other commit. */
  readonly enters: ChainHash | null;
  readonly events: readonly RecordedEvent[];
  /** What each event's row keeps of its link; `checkCommit` compares them, so that a bad row is named exactly. */
  readonly checks: readonly number[];
}

/** Which keys to list: of a timeline's own, or of the server's scope. */
export interface KeysRequest {
  /** Null for the server's scope. */
  readonly timelineId: TimelineId | null;
  /** Only keys whose command ended at or below it. */
  readonly toVersion: number;
  readonly afterDigest: KeyDigest | null;
  readonly limit: number;
}

/**
 * The log. Every method rejects with `LogUnavailable` when the database cannot be asked and nothing was or will be
 * written by that call, and only `append`, `createTimeline`, `removeTimeline`, `saveLabel`, `restore` and a `HeadLock`'s
 * `append` reject with `OutcomeUnknown`.
 */
export interface EventLog {
  /** What is stored, row by row and unjudged. */
  readonly rows: StoredRows;

  /** Writes the timeline and its first commit in one transaction, or nothing. A fork copies nothing of its parent. */
  createTimeline(request: CreateTimelineRequest): Promise<CreateTimelineOutcome>;
  /** The timeline of that name, with the head as it is now. */
  findTimeline(name: string): Promise<TimelineRecord | undefined>;
  /** In order of name (by code point). */
  listTimelines(page: TimelinesPage): Promise<readonly TimelineRecord[]>;

  /**
   * Removes a timeline that nothing else stands on, with its labels, keys and snapshots; its name stays taken. The key, in
   * the server's scope, is burnt with it.
   */
  removeTimeline(timelineId: TimelineId, key: ProposedKey | null): Promise<RemoveTimelineOutcome>;
  /** The timeline's ancestry, oldest first; the last stretch is its own. */
  readAncestry(timelineId: TimelineId): Promise<readonly Stretch[]>;
  /** Timelines that were forked from this one itself, in order of name; at most `limit`. */
  listForks(timelineId: TimelineId, limit: number): Promise<readonly TimelineRecord[]>;

  /** One statement in autocommit: moves the head from `expected` and writes events, keys and commit, or writes nothing. */
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** Takes the head row's lock; for a writer that lost once. */
  lockHead(timelineId: TimelineId): Promise<HeadLock>;
  /** The head now, and the burnt ones of the keys; a fork sees its ancestors' up to each fork version, a nearer one last. */
  confirm(timelineId: TimelineId, keys: readonly KeyDigest[]): Promise<Confirmation>;
  /** Keys of the server's scope: creating and removing timelines. */
  findServerKey(digest: KeyDigest): Promise<RecordedKey | undefined>;
  /** Heads of many timelines in one read, and how often each was rebuilt: what following polls. Unknown ids are left out. */
  readHeads(
    timelineIds: readonly TimelineId[],
  ): Promise<ReadonlyMap<TimelineId, Head & Pick<TimelineRecord, 'rebuilds'>>>;

  /** One page of events and the head, from one database snapshot. */
  readEvents(request: ReadRequest): Promise<EventPage>;
  /**
   * Commits with the versions above `afterVersion` and up to `toVersion`, oldest first, each with its events; folded while it
   * streams.
   */
  readCommits(request: {
    readonly timelineId: TimelineId;
    readonly afterVersion: number;
    readonly toVersion?: number;
  }): AsyncIterable<CommitWithEvents>;
  /** The commit that holds this version, if one does. */
  findCommit(timelineId: TimelineId, version: number): Promise<RecordedCommit | undefined>;
  /** The last version above `afterVersion`, up to `toVersion`, of an event that another actor caused; none of its data is read. */
  findLastOfOthers(timelineId: TimelineId, range: OthersRange): Promise<number | undefined>;
  /** First and last version of the events of the command that caused this version; undefined if there is no such version. */
  findCommand(
    timelineId: TimelineId,
    version: number,
  ): Promise<{ readonly firstVersion: number; readonly lastVersion: number } | undefined>;
  /** When each version was recorded; every version asked for that exists is answered. */
  readRecordedAt(timelineId: TimelineId, versions: readonly number[]): Promise<ReadonlyMap<number, number>>;

  /**
   * Names a version; a label that the timeline or its ancestry has already is left alone. The key, in the timeline's
   * scope, is burnt with a new one.
   */
  saveLabel(
    timelineId: TimelineId,
    label: Pick<Label, 'label' | 'version'>,
    key: ProposedKey | null,
  ): Promise<SaveLabelOutcome>;
  /** The label of the timeline, or the nearest of its ancestry at or below the fork versions, put before the fork was made. */
  findLabel(timelineId: TimelineId, label: string): Promise<Label | undefined>;
  /** In order of label (by code point), those of the ancestry included that a fork sees, starting after `afterLabel`. */
  listLabels(
    timelineId: TimelineId,
    page: { readonly afterLabel: string | null; readonly limit: number },
  ): Promise<readonly Label[]>;

  /**
   * Keeps a snapshot, instead of one of the same version, format and reducer unless that is of a later rebuild. One of a
   * timeline that was removed meanwhile is not kept.
   */
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  /**
   * Newest first, without their bytes; those of the ancestry included, at or below the fork versions. Those from before the
   * last rebuild of their timeline are left out.
   */
  listSnapshots(timelineId: TimelineId): Promise<readonly SnapshotInfo[]>;
  /** The snapshot with its bytes, unchecked; undefined if it is gone. */
  loadSnapshot(
    which: Pick<SnapshotInfo, 'timelineId' | 'version' | 'format' | 'reducer'>,
  ): Promise<Snapshot | undefined>;
  /**
   * Keeps the newest `keep` of each format and reducer, and those at a label; none from before the last rebuild. Returns how
   * many were removed.
   */
  pruneSnapshots(timelineId: TimelineId, keep: number): Promise<number>;

  /** Keys of one scope alone, not of its ancestry, in order of digest; less than `limit` means that there are no more. */
  listKeys(request: KeysRequest): Promise<readonly RecordedKey[]>;
  /**
   * Writes timelines with their whole history in one transaction, or nothing: not either when `parts` throws, and what it
   * throws comes through. Rejects with `LogCorrupt` where a commit does not continue the chain.
   */
  restore(parts: AsyncIterable<RestorePart>): Promise<RestoreOutcome>;

  /** Jobs that replay timelines. */
  readonly replays: ReplayStore;

  /** Access keys, and the record of admin actions. */
  readonly access: AccessStore;

  /** The database's clock, ms since the Unix epoch; also the cheapest proof that it answers. */
  databaseTimeMs(): Promise<number>;
  /** How the database is, for operators. */
  condition(): Promise<LogCondition>;
  /** Waits for calls under way and gives the connections back. */
  close(): Promise<void>;
}
