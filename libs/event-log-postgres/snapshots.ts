import type pg from 'pg';
import type { Snapshot, SnapshotInfo, Stretch, TimelineId } from '#event-log';
import { bytes, hash, integer, text } from './cells.js';
import { run, unparsed } from './connections.js';
import type { Connections, Row, Session, Values } from './connections.js';
import { findSnapshot, listSnapshots as listSnapshotsStatement, readSnapshotBytes } from './sql/list-snapshots.js';
import { pruneSnapshots as pruneSnapshotsStatement } from './sql/prune-snapshots.js';
import { saveSnapshot as saveSnapshotStatement } from './sql/save-snapshot.js';

/** A hundred megabytes take longer than any statement of the hot path may. */
const transferTimeoutMs = 60_000;

/** A time limit for one query, which `pg` understands and its types leave out. */
interface TransferQuery extends pg.QueryArrayConfig<Values[number][]> {
  readonly query_timeout: number;
}

export async function saveSnapshot(connections: Connections, snapshot: Snapshot): Promise<void> {
  const values = [
    snapshot.timelineId,
    snapshot.version,
    snapshot.format,
    snapshot.reducer,
    bytes(snapshot.chainHash),
    snapshot.codec,
    bytes(snapshot.sha256),
    bytes(snapshot.stateHash),
    snapshot.takenAtMs,
    snapshot.bytes,
  ];
  await withTimeForTransfer(connections, 'cannot save a snapshot', async (session) => {
    const query: TransferQuery = {
      ...saveSnapshotStatement,
      values,
      rowMode: 'array',
      query_timeout: transferTimeoutMs,
    };
    await session.client.query(query);
  });
}

export async function listSnapshots(
  connections: Connections,
  ancestry: readonly Stretch[],
): Promise<readonly SnapshotInfo[]> {
  const timelineIds = ancestry.map(({ timelineId }) => timelineId);
  const ends = ancestry.map(({ toVersion }) => toVersion);
  const rows = await connections.rows(listSnapshotsStatement, [timelineIds, ends]);
  return rows.map(snapshotInfo);
}

export async function loadSnapshot(
  connections: Connections,
  which: Pick<SnapshotInfo, 'timelineId' | 'version' | 'format' | 'reducer'>,
): Promise<Snapshot | undefined> {
  const values = [which.timelineId, which.version, which.format, which.reducer];
  return withTimeForTransfer(connections, 'cannot load a snapshot', async (session) => {
    const [info] = await run(session, findSnapshot, values);
    if (info === undefined) return undefined;
    const query: TransferQuery = {
      ...readSnapshotBytes,
      values,
      rowMode: 'array',
      types: unparsed,
      query_timeout: transferTimeoutMs,
    };
    const stored = await session.client.query<string[]>(query);
    const inBase64 = stored.rows[0]?.[0];
    return inBase64 === undefined ? undefined : { ...snapshotInfo(info), bytes: Buffer.from(inBase64, 'base64') };
  });
}

export async function pruneSnapshots(connections: Connections, timelineId: TimelineId, keep: number): Promise<number> {
  const [row] = await connections.rows(pruneSnapshotsStatement, [timelineId, keep]);
  return row === undefined ? 0 : integer(row, 0);
}

/** Work in one transaction and so on one picture of the table, with its own time limit. */
async function withTimeForTransfer<T>(
  connections: Connections,
  doing: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return connections.use(async (session) => {
    await session.client.query(
      `begin isolation level repeatable read; set local statement_timeout = ${transferTimeoutMs}`,
    );
    try {
      const result = await work(session);
      await session.client.query('commit');
      return result;
    } catch (error) {
      await session.client.query('rollback').catch(() => undefined);
      throw error;
    }
  }, doing);
}

function snapshotInfo(row: Row): SnapshotInfo {
  return {
    version: integer(row, 0),
    format: integer(row, 1),
    reducer: text(row, 2),
    chainHash: hash(row, 3),
    codec: text(row, 4),
    sizeBytes: integer(row, 5),
    sha256: text(row, 6),
    stateHash: text(row, 7),
    takenAtMs: integer(row, 8),
    timelineId: integer(row, 9) as TimelineId,
  };
}
