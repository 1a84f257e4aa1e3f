import type {
  AccessStore,
  AppendOutcome,
  AppendRequest,
  CommitWithEvents,
  Confirmation,
  CreateTimelineOutcome,
  CreateTimelineRequest,
  EventLog,
  EventPage,
  HeadLock,
  KeyDigest,
  KeysRequest,
  LogCondition,
  Label,
  OthersRange,
  ProposedKey,
  ReadRequest,
  RecordedCommit,
  RecordedKey,
  RemoveTimelineOutcome,
  ReplayStore,
  RestoreOutcome,
  RestorePart,
  SaveLabelOutcome,
  Snapshot,
  SnapshotInfo,
  StoredRows,
  Stretch,
  TimelineId,
  TimelineRecord,
  TimelinesPage,
} from '#event-log';
import { openAccess } from './access.js';
import { Ancestry } from './ancestry.js';
import { append } from './append.js';
import { integer } from './cells.js';
import { readCondition } from './condition.js';
import { Connections } from './connections.js';
import { createTimeline } from './create-timeline.js';
import { lockHead } from './lock-head.js';
import { findLabel, listLabels, saveLabel } from './labels.js';
import { findCommand, findCommit, readCommits } from './read-commits.js';
import type { CommitRange } from './read-commits.js';
import { findLastOfOthers, readEvents } from './read-events.js';
import { removeTimeline } from './remove-timeline.js';
import { openReplays } from './replays.js';
import { restore } from './restore.js';
import { listSnapshots, loadSnapshot, pruneSnapshots, saveSnapshot } from './snapshots.js';
import { postgresRows } from './stored-rows.js';
import { databaseTime } from './sql/database-time.js';
import { readRecordedAt } from './sql/read-commits.js';
import { confirm, findServerKey, findTimeline, listForks, listKeys, listTimelines, readHeads } from './timelines.js';

/** Where the log is, and what bounds its connections. */
export interface PostgresLogOptions {
  /** Where the database is; its login may be the owner, connections take the role `seed_writer`. */
  readonly url: string;
  /** Connections at most. */
  readonly poolMax: number;
  /** How this process shows in `pg_stat_activity`. */
  readonly applicationName: string;
  /** How long one statement may take, and how long finding out about a lost one may take on top of it, ms. */
  readonly appendTimeoutMs: number;
  /** Told of what mends itself: a connection that broke while nobody used it. */
  readonly log?: (message: string) => void;
}

/**
 * The log on a database that `migrate` brought up to date. Connects when it is first used and again whenever it must,
 * so it opens while the database is away; calls then reject with `LogUnavailable` within 2 s.
 */
export function openPostgresLog(options: PostgresLogOptions): Promise<EventLog> {
  const connections = connectionsOf(options, options.poolMax);
  return Promise.resolve(new PostgresLog(connections, new Ancestry(connections)));
}

/** One log, on connections for each kind of work: however many there are of one kind, the others find theirs free. */
export interface PostgresLogs {
  /** For writers, and for what they wait for. */
  readonly log: EventLog;
  /** For reads of the past and of lists. */
  readonly reads: EventLog;
  /** One connection, to look at heads with: a full pool is not a lost database. */
  readonly heads: EventLog;
  /** Waits for calls under way and gives the connections back. */
  close(): Promise<void>;
}

/** The log as `openPostgresLog` opens it, with `readPoolMax` connections and one more beside those of its writers. */
export function openPostgresLogs(options: PostgresLogOptions & { readonly readPoolMax: number }): PostgresLogs {
  const writers = connectionsOf(options, options.poolMax);
  const ancestry = new Ancestry(writers);
  const beside = (poolMax: number) => new PostgresLog(connectionsOf(options, poolMax), ancestry);
  const logs = { log: new PostgresLog(writers, ancestry), reads: beside(options.readPoolMax), heads: beside(1) };
  return {
    ...logs,
    close: async () => {
      await Promise.all([logs.log.close(), logs.reads.close(), logs.heads.close()]);
    },
  };
}

const connectionsOf = (
  { url, applicationName, appendTimeoutMs, log = () => undefined }: PostgresLogOptions,
  poolMax: number,
): Connections => new Connections({ url, poolMax, applicationName, statementTimeoutMs: appendTimeoutMs, log });

class PostgresLog implements EventLog {
  readonly rows: StoredRows;
  readonly #connections: Connections;
  readonly #ancestry: Ancestry;
  readonly replays: ReplayStore;
  readonly access: AccessStore;

  constructor(connections: Connections, ancestry: Ancestry) {
    this.rows = postgresRows(connections);
    this.#connections = connections;
    this.#ancestry = ancestry;
    this.replays = openReplays(connections);
    this.access = openAccess(connections);
  }

  createTimeline(request: CreateTimelineRequest): Promise<CreateTimelineOutcome> {
    return createTimeline(this.#connections, request);
  }

  async findTimeline(name: string): Promise<TimelineRecord | undefined> {
    const found = await findTimeline(this.#connections, name);
    if (found !== undefined) this.#ancestry.forgetUnless(found);
    return found;
  }

  listTimelines(page: TimelinesPage): Promise<readonly TimelineRecord[]> {
    return listTimelines(this.#connections, page);
  }

  removeTimeline(timelineId: TimelineId, key: ProposedKey | null): Promise<RemoveTimelineOutcome> {
    return removeTimeline(this.#connections, timelineId, key);
  }

  readAncestry(timelineId: TimelineId): Promise<readonly Stretch[]> {
    return this.#ancestry.of(timelineId);
  }

  listForks(timelineId: TimelineId, limit: number): Promise<readonly TimelineRecord[]> {
    return listForks(this.#connections, timelineId, limit);
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return append(this.#connections, request);
  }

  lockHead(timelineId: TimelineId): Promise<HeadLock> {
    return lockHead(this.#connections, timelineId);
  }

  async confirm(timelineId: TimelineId, keys: readonly KeyDigest[]): Promise<Confirmation> {
    const ancestry = keys.length === 0 ? [] : await this.#ancestry.of(timelineId);
    return confirm(this.#connections, timelineId, { keys, ancestry });
  }

  findServerKey(digest: KeyDigest): Promise<RecordedKey | undefined> {
    return findServerKey(this.#connections, digest);
  }

  readHeads(timelineIds: readonly TimelineId[]): ReturnType<EventLog['readHeads']> {
    return readHeads(this.#connections, timelineIds);
  }

  readEvents(request: ReadRequest): Promise<EventPage> {
    return readEvents(this.#connections, this.#ancestry, request);
  }

  readCommits(range: CommitRange): AsyncIterable<CommitWithEvents> {
    return readCommits(this.#connections, this.#ancestry, range);
  }

  findCommit(timelineId: TimelineId, version: number): Promise<RecordedCommit | undefined> {
    return findCommit(this.#connections, this.#ancestry, { timelineId, version });
  }

  findLastOfOthers(timelineId: TimelineId, range: OthersRange): Promise<number | undefined> {
    return findLastOfOthers(this.#connections, this.#ancestry, { timelineId, ...range });
  }

  findCommand(
    timelineId: TimelineId,
    version: number,
  ): Promise<{ readonly firstVersion: number; readonly lastVersion: number } | undefined> {
    return findCommand(this.#connections, this.#ancestry, { timelineId, version });
  }

  async readRecordedAt(timelineId: TimelineId, versions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const recordedAt = new Map<number, number>();
    for (const { timelineId: keptBy, afterVersion, toVersion } of await this.#ancestry.of(timelineId)) {
      const held = versions.filter((version) => version > afterVersion && version <= (toVersion ?? version));
      const rows = held.length === 0 ? [] : await this.#connections.rows(readRecordedAt, [keptBy, held]);
      for (const row of rows) recordedAt.set(integer(row, 0), integer(row, 1));
    }
    return recordedAt;
  }

  async saveLabel(
    timelineId: TimelineId,
    label: Pick<Label, 'label' | 'version'>,
    key: ProposedKey | null,
  ): Promise<SaveLabelOutcome> {
    const ancestry = await this.#ancestry.of(timelineId);
    return saveLabel(this.#connections, { timelineId, ancestry }, { ...label, key });
  }

  async findLabel(timelineId: TimelineId, label: string): Promise<Label | undefined> {
    return findLabel(this.#connections, await this.#ancestry.of(timelineId), label);
  }

  async listLabels(
    timelineId: TimelineId,
    page: { readonly afterLabel: string | null; readonly limit: number },
  ): Promise<readonly Label[]> {
    return listLabels(this.#connections, await this.#ancestry.of(timelineId), page);
  }

  saveSnapshot(snapshot: Snapshot): Promise<void> {
    return saveSnapshot(this.#connections, snapshot);
  }

  async listSnapshots(timelineId: TimelineId): Promise<readonly SnapshotInfo[]> {
    return listSnapshots(this.#connections, await this.#ancestry.of(timelineId));
  }

  loadSnapshot(
    which: Pick<SnapshotInfo, 'timelineId' | 'version' | 'format' | 'reducer'>,
  ): Promise<Snapshot | undefined> {
    return loadSnapshot(this.#connections, which);
  }

  pruneSnapshots(timelineId: TimelineId, keep: number): Promise<number> {
    return pruneSnapshots(this.#connections, timelineId, keep);
  }

  async databaseTimeMs(): Promise<number> {
    const [row] = await this.#connections.rows(databaseTime, []);
    return row === undefined ? 0 : integer(row, 0);
  }

  condition(): Promise<LogCondition> {
    return readCondition(this.#connections);
  }

  listKeys(request: KeysRequest): Promise<readonly RecordedKey[]> {
    return listKeys(this.#connections, request);
  }

  restore(parts: AsyncIterable<RestorePart>): Promise<RestoreOutcome> {
    return restore(this.#connections, parts);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}
