import type {
  AppendOutcome,
  AppendRequest,
  CommitWithEvents,
  Confirmation,
  CreateTimelineOutcome,
  CreateTimelineRequest,
  EventLog,
  EventPage,
  Head,
  HeadLock,
  KeyDigest,
  ReadRequest,
  RecordedCommit,
  RecordedKey,
  Snapshot,
  SnapshotInfo,
  TimelineId,
  TimelineRecord,
} from '#event-log';
import { append } from './append.js';
import { integer } from './cells.js';
import { Connections } from './connections.js';
import { createTimeline } from './create-timeline.js';
import { lockHead } from './lock-head.js';
import { findCommit, readCommits } from './read-commits.js';
import type { CommitRange } from './read-commits.js';
import { readEvents } from './read-events.js';
import { listSnapshots, loadSnapshot, pruneSnapshots, saveSnapshot } from './snapshots.js';
import { databaseTime } from './sql/database-time.js';
import { readRecordedAt } from './sql/read-commits.js';
import { confirm, findServerKey, findTimeline, listTimelines, readHeads } from './timelines.js';

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
  const connections = new Connections({
    url: options.url,
    poolMax: options.poolMax,
    applicationName: options.applicationName,
    statementTimeoutMs: options.appendTimeoutMs,
    log: options.log ?? (() => undefined),
  });
  return Promise.resolve(new PostgresLog(connections));
}

class PostgresLog implements EventLog {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  createTimeline(request: CreateTimelineRequest): Promise<CreateTimelineOutcome> {
    return createTimeline(this.#connections, request);
  }

  findTimeline(name: string): Promise<TimelineRecord | undefined> {
    return findTimeline(this.#connections, name);
  }

  listTimelines(page: {
    readonly afterName: string | null;
    readonly limit: number;
  }): Promise<readonly TimelineRecord[]> {
    return listTimelines(this.#connections, page);
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return append(this.#connections, request);
  }

  lockHead(timelineId: TimelineId): Promise<HeadLock> {
    return lockHead(this.#connections, timelineId);
  }

  confirm(timelineId: TimelineId, keys: readonly KeyDigest[]): Promise<Confirmation> {
    return confirm(this.#connections, timelineId, keys);
  }

  findServerKey(digest: KeyDigest): Promise<RecordedKey | undefined> {
    return findServerKey(this.#connections, digest);
  }

  readHeads(timelineIds: readonly TimelineId[]): Promise<ReadonlyMap<TimelineId, Head>> {
    return readHeads(this.#connections, timelineIds);
  }

  readEvents(request: ReadRequest): Promise<EventPage> {
    return readEvents(this.#connections, request);
  }

  readCommits(range: CommitRange): AsyncIterable<CommitWithEvents> {
    return readCommits(this.#connections, range);
  }

  findCommit(timelineId: TimelineId, lastVersion: number): Promise<RecordedCommit | undefined> {
    return findCommit(this.#connections, timelineId, lastVersion);
  }

  async readRecordedAt(timelineId: TimelineId, versions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#connections.rows(readRecordedAt, [timelineId, versions]);
    return new Map(rows.map((row) => [integer(row, 0), integer(row, 1)]));
  }

  saveSnapshot(timelineId: TimelineId, snapshot: Snapshot): Promise<void> {
    return saveSnapshot(this.#connections, timelineId, snapshot);
  }

  listSnapshots(timelineId: TimelineId): Promise<readonly SnapshotInfo[]> {
    return listSnapshots(this.#connections, timelineId);
  }

  loadSnapshot(
    timelineId: TimelineId,
    which: Pick<SnapshotInfo, 'version' | 'format' | 'reducer'>,
  ): Promise<Snapshot | undefined> {
    return loadSnapshot(this.#connections, timelineId, which);
  }

  pruneSnapshots(timelineId: TimelineId, keep: number): Promise<number> {
    return pruneSnapshots(this.#connections, timelineId, keep);
  }

  async databaseTimeMs(): Promise<number> {
    const [row] = await this.#connections.rows(databaseTime, []);
    return row === undefined ? 0 : integer(row, 0);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}
