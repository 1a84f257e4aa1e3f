import { OutcomeUnknown } from '#event-log';
import type {
  CreateReplayOutcome,
  CreateReplayRequest,
  RecordedReplay,
  ReplayClaim,
  ReplayMode,
  ReplayProgress,
  ReplayResult,
  ReplayStatus,
  ReplayStore,
  TimelineId,
} from '#event-log';
import { bytes, integer, text, textOrNull } from './cells.js';
import { run } from './connections.js';
import type { Connections, Row, Session, Values } from './connections.js';
import { afterwards } from './failures.js';
import { keyColumns, orKeyTaken } from './key-columns.js';
import { saveSnapshotOfReplay } from './snapshots.js';
import { claimReplay } from './sql/claim-replay.js';
import { createReplay, createReplayAndBurnKey, forgetReplays, lockReplays } from './sql/create-replay.js';
import { findReplay, listReplays } from './sql/read-replays.js';
import { cancelReplay, finishRebuild, finishReplay, giveReplayBack, reportReplay } from './sql/report-replay.js';

/** Job ids go into a uuid column; anything else is no job's. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The jobs of the log on PostgreSQL. */
export function openReplays(connections: Connections): ReplayStore {
  const find = async (id: string): Promise<RecordedReplay | undefined> => {
    const [row] = uuid.test(id) ? await connections.rows(findReplay, [id]) : [];
    return row && recordedReplay(row);
  };
  return {
    async create(request, limits) {
      const status = await orKeyTaken(create(connections, request, limits));
      if (status !== 'created') return { status };
      const replay = await afterwards(find(request.id));
      if (replay === undefined) throw new OutcomeUnknown(`replay ${request.id} was forgotten already`);
      return { status, replay };
    },
    find,
    async list({ after, limit }) {
      const rows = await connections.rows(listReplays, [after?.createdAtMs ?? null, after?.id ?? null, limit]);
      return rows.map(recordedReplay);
    },
    async claim(owner, leaseMs, except = []) {
      const [row] = await connections.rows(claimReplay, [owner, leaseMs, except]);
      return row && recordedReplay(row);
    },
    async report(claim, { version, of, eventsPerSecond }, leaseMs) {
      const values = [...columnsOfClaim(claim), version, of, eventsPerSecond, leaseMs];
      return (await connections.rows(reportReplay, values)).length > 0;
    },
    async giveBack(claim) {
      await connections.rows(giveReplayBack, columnsOfClaim(claim));
    },
    async finish(claim, { status, progress, result }) {
      const values = [...columnsOfClaim(claim), status, ...columnsOfEnd(progress, result)];
      return (await connections.rows(finishReplay, values)).length > 0;
    },
    async cancel(id) {
      if (uuid.test(id)) await connections.change(cancelReplay, [id]);
      return afterwards(find(id));
    },
    saveSnapshot: (claim, snapshot) => saveSnapshotOfReplay(connections, claim, snapshot),
    async finishRebuild(claim, { progress, result, checked }) {
      const values = [...columnsOfClaim(claim), 'completed', ...columnsOfEnd(progress, result)];
      const snapshots = [
        checked.map(({ version }) => version),
        checked.map(({ format }) => format),
        checked.map(({ reducer }) => reducer),
        checked.map(({ sha256 }) => sha256),
      ];
      return (await connections.rows(finishRebuild, [...values, ...snapshots])).length > 0;
    },
  };
}

/** In a transaction, whose lock sees to it that the count is right. */
async function create(
  connections: Connections,
  request: CreateReplayRequest,
  limits: { readonly unfinishedMax: number; readonly finishedKept: number },
): Promise<Exclude<CreateReplayOutcome['status'], 'key-taken'>> {
  return connections.transaction({ name: 'create a replay' }, async (session) => {
    await run(session, lockReplays, []);
    const status = (await isCreated(session, request, limits.unfinishedMax)) ? 'created' : 'full';
    if (status === 'created') await run(session, forgetReplays, [limits.finishedKept]);
    return status;
  });
}

async function isCreated(
  session: Session,
  { id, timelineId, mode, toVersion, key }: CreateReplayRequest,
  unfinishedMax: number,
): Promise<boolean> {
  const values = [id, timelineId, mode, toVersion, unfinishedMax];
  const rows =
    key === null
      ? await run(session, createReplay, values)
      : await run(session, createReplayAndBurnKey, [...values, ...keyColumns(key)]);
  return rows.length > 0;
}

const columnsOfClaim = ({ id, owner, attempt }: ReplayClaim): Values => [id, owner, attempt];

const columnsOfEnd = (progress: ReplayProgress, result: ReplayResult): Values => [
  progress.version,
  progress.of,
  progress.eventsPerSecond,
  result.stateHash && bytes(result.stateHash),
  result.matches === null ? null : String(result.matches),
  result.firstDifference,
  result.failure,
];

function recordedReplay(row: Row): RecordedReplay {
  const integerOrNull = (column: number): number | null =>
    textOrNull(row, column) === null ? null : integer(row, column);
  const matches = textOrNull(row, 14);
  return {
    id: text(row, 0),
    timelineId: integer(row, 1) as TimelineId,
    timeline: text(row, 2),
    mode: text(row, 3) as ReplayMode,
    status: text(row, 4) as ReplayStatus,
    toVersion: integerOrNull(5),
    owner: textOrNull(row, 6),
    attempts: integer(row, 7),
    createdAtMs: integer(row, 8),
    finishedAtMs: integerOrNull(9),
    version: integer(row, 10),
    of: integerOrNull(11),
    eventsPerSecond: integer(row, 12),
    stateHash: textOrNull(row, 13),
    matches: matches === null ? null : matches === 't',
    firstDifference: textOrNull(row, 15),
    failure: textOrNull(row, 16),
  };
}
