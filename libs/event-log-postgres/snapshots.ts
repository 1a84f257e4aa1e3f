import { LogUnavailable, OutcomeUnknown } from '#event-log';
import type { ReplayClaim, Snapshot, SnapshotInfo, Stretch, TimelineId } from '#event-log';
import { bytes, hash, integer, text } from './cells.js';
import { run } from './connections.js';
import type { Connections, Row, Statement, Values } from './connections.js';
import { findSnapshot, listSnapshots as listSnapshotsStatement, readSnapshotBytes } from './sql/list-snapshots.js';
import { pruneSnapshots as pruneSnapshotsStatement } from './sql/prune-snapshots.js';
import {
  saveSnapshot as saveSnapshotStatement,
  saveSnapshotOfReplay as saveSnapshotOfReplayStatement,
} from './sql/save-snapshot.js';
import { runTransfer, transferTimeoutMs } from './transfers.js';

/** Who saves waits for another who saves the same. */
export async function saveSnapshot(connections: Connections, snapshot: Snapshot): Promise<void> {
  await runSaving(connections, saveSnapshotStatement, columnsOf(snapshot));
}

/** The same by whoever works on a replay; false, and nothing saved, where its claim does not hold any more. */
export async function saveSnapshotOfReplay(
  connections: Connections,
  { id, owner, attempt }: ReplayClaim,
  snapshot: Snapshot,
): Promise<boolean> {
  const values = [...columnsOf(snapshot), id, owner, attempt];
  const saved = await runSaving(connections, saveSnapshotOfReplayStatement, values).catch((error: unknown) => {
    // Whoever goes on with the replay saves it again, which does no harm; a replay must not fail for it.
    throw error instanceof OutcomeUnknown ? new LogUnavailable(error.message, { cause: error }) : error;
  });
  return saved.length > 0;
}

const runSaving = (connections: Connections, statement: Statement, values: Values): Promise<Row[]> =>
  connections.transaction({ name: 'save a snapshot', begin: beginTransfer('read committed') }, (session) =>
    runTransfer(session, statement, values),
  );

function columnsOf(snapshot: Snapshot): Values {
  return [
    snapshot.timelineId,
    snapshot.version,
    snapshot.format,
    snapshot.reducer,
    bytes(snapshot.chainHash),
    snapshot.codec,
    bytes(snapshot.sha256),
    bytes(snapshot.stateHash),
    snapshot.takenAtMs,
    snapshot.rebuilds,
    snapshot.bytes,
  ];
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
  return connections.use(async (session) => {
    // What reads twice does so on one picture of the table.
    await session.client.query(beginTransfer('repeatable read'));
    try {
      const [info] = await run(session, findSnapshot, values);
      const [stored] = info === undefined ? [] : await runTransfer(session, readSnapshotBytes, values);
      return info && stored && { ...snapshotInfo(info), bytes: Buffer.from(text(stored, 0), 'base64') };
    } finally {
      await session.client.query('rollback').catch(() => undefined);
    }
  }, 'cannot load a snapshot');
}

export async function pruneSnapshots(connections: Connections, timelineId: TimelineId, keep: number): Promise<number> {
  const [row] = await connections.rows(pruneSnapshotsStatement, [timelineId, keep]);
  return row === undefined ? 0 : integer(row, 0);
}

const beginTransfer = (isolation: 'repeatable read' | 'read committed'): string =>
  `begin isolation level ${isolation}; set local statement_timeout = ${transferTimeoutMs}`;

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
    rebuilds: integer(row, 10),
  };
}
