import { LogUnavailable, OutcomeUnknown } from '#event-log';
import type {
  AccessRole,
  AccessStore,
  AuditRecord,
  CreateKeyOutcome,
  NewAccessKey,
  RotateKeyOutcome,
  StoredAccessKey,
} from '#event-log';
import { bytes, integer, text, textOrNull } from './cells.js';
import { run, type Connections, type Row } from './connections.js';
import { afterwards } from './failures.js';
import {
  createAccessKey,
  findAccessKey,
  keysInForce,
  listAccessKeys,
  lockAccessKeys,
  revokeAccessKey,
  rotateAccessKey,
} from './sql/access-keys.js';
import { shareDemand } from './sql/client-demand.js';
import { listActions, recordAction, recordOutcome } from './sql/audit.js';

/** Column of the database's time behind those of a key. */
const NOW = 12;

/** Access keys and the record of admin actions on PostgreSQL. */
export function openAccess(connections: Connections): AccessStore {
  const findKey = async (keyId: string): Promise<StoredAccessKey | undefined> => {
    const [row] = await connections.rows(findAccessKey, [keyId]);
    return row && storedKey(row);
  };
  return {
    async keysInForce() {
      const rows = await connections.rows(keysInForce, []);
      const [first] = rows;
      const keys = rows.filter((row) => textOrNull(row, 0) !== null).map(storedKey);
      return { keys, databaseTimeMs: first === undefined ? 0 : integer(first, NOW) };
    },
    async listKeys({ after, limit }) {
      const rows = await connections.rows(listAccessKeys, [after?.createdAtMs ?? null, after?.keyId ?? null, limit]);
      return rows.map(storedKey);
    },
    findKey,
    createKey: (key, inForceMax) => createKey(connections, key, inForceMax),
    async revokeKey(keyId) {
      await connections.change(revokeAccessKey, [keyId]);
      return afterwards(findKey(keyId));
    },
    async rotateKey(keyId, { keyId: nextId, hmac, createdBy, expiresAtMs }, graceMs): Promise<RotateKeyOutcome> {
      const values = [keyId, nextId, graceMs, bytes(hmac), createdBy, expiresAtMs];
      if ((await connections.change(rotateAccessKey, values)).length > 0) return 'rotated';
      return (await findKey(keyId)) === undefined ? 'unknown' : 'ended';
    },
    async recordAction({ who, keyId, action, target, timeline, reason, traceId }) {
      const values = [who, keyId, action, target, timeline, reason, traceId];
      const [row] = await connections.change(recordAction, values).catch((error: unknown) => {
        // A record more than there were actions harms nobody; an action without a record would.
        throw error instanceof OutcomeUnknown ? new LogUnavailable(error.message, { cause: error }) : error;
      });
      if (row === undefined) throw new Error('a record of an action was not numbered');
      return integer(row, 0);
    },
    async recordOutcome(auditId, outcome) {
      await connections.change(recordOutcome, [auditId, outcome]);
    },
    async shareDemand(process, wanted) {
      const rows = await connections.change(shareDemand, [process, [...wanted.keys()], [...wanted.values()]]);
      return new Map(rows.map((row) => [text(row, 0), integer(row, 1)]));
    },
    async listActions({ beforeId, limit }) {
      return (await connections.rows(listActions, [beforeId, limit])).map(auditRecord);
    },
  };
}

/** In a transaction, whose lock sees to it that the count is right. */
function createKey(connections: Connections, key: NewAccessKey, inForceMax: number): Promise<CreateKeyOutcome> {
  const { keyId, name, role, agentId, timelines, hmac, createdBy, expiresAtMs } = key;
  const values = [keyId, keyId, name, role, agentId, timelines, bytes(hmac), createdBy, expiresAtMs, inForceMax];
  return connections.transaction({ name: 'create an access key' }, async (session) => {
    await run(session, lockAccessKeys, []);
    const rows = await run(session, createAccessKey, values);
    return rows.length > 0 ? 'created' : 'full';
  });
}

function storedKey(row: Row): StoredAccessKey {
  const timelines = textOrNull(row, 5);
  return {
    keyId: text(row, 0),
    principal: text(row, 1),
    name: text(row, 2),
    role: text(row, 3) as AccessRole,
    agentId: textOrNull(row, 4),
    timelines: timelines === null ? null : (JSON.parse(timelines) as readonly string[]),
    hmac: text(row, 6),
    createdAtMs: integer(row, 7),
    createdBy: text(row, 8),
    expiresAtMs: integerOrNull(row, 9),
    revokedAtMs: integerOrNull(row, 10),
    replacedBy: textOrNull(row, 11),
  };
}

const auditRecord = (row: Row): AuditRecord => ({
  auditId: integer(row, 0),
  atMs: integer(row, 1),
  who: text(row, 2),
  keyId: textOrNull(row, 3),
  action: text(row, 4),
  target: textOrNull(row, 5),
  timeline: textOrNull(row, 6),
  reason: textOrNull(row, 7),
  traceId: textOrNull(row, 8),
  outcome: textOrNull(row, 9),
  endedAtMs: integerOrNull(row, 10),
});

const integerOrNull = (row: Row, column: number): number | null =>
  textOrNull(row, column) === null ? null : integer(row, column);
