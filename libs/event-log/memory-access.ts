import type { AccessStore, AuditRecord, StoredAccessKey } from './access.js';

/** Keys and records that live and die with the log in memory. */
export function openMemoryAccess(): AccessStore {
  /** In order of creation. */
  const keys = new Map<string, StoredAccessKey>();
  /** In order of time. */
  const actions: AuditRecord[] = [];
  /** By process: what clients asked of it. */
  const demand = new Map<string, ReadonlyMap<string, number>>();
  const isInForce = ({ revokedAtMs, expiresAtMs }: StoredAccessKey): boolean =>
    revokedAtMs === null && (expiresAtMs === null || expiresAtMs > Date.now());
  const inForce = (): StoredAccessKey[] => [...keys.values()].filter(isInForce);
  const change = (key: StoredAccessKey, fields: Partial<StoredAccessKey>): StoredAccessKey => {
    const changed = { ...key, ...fields };
    keys.set(key.keyId, changed);
    return changed;
  };
  const untouched = () => ({ createdAtMs: Date.now(), revokedAtMs: null, replacedBy: null });
  return {
    keysInForce: () => settle(() => ({ keys: inForce(), databaseTimeMs: Date.now() })),
    listKeys: ({ after, limit }) =>
      settle(() => {
        const newestFirst = [...keys.values()].reverse();
        const start = after === null ? 0 : newestFirst.findIndex(({ keyId }) => keyId === after.keyId) + 1;
        return newestFirst.slice(start, start + limit);
      }),
    findKey: (keyId) => settle(() => keys.get(keyId)),
    createKey: (key, inForceMax) =>
      settle(() => {
        if (inForce().length >= inForceMax) return 'full';
        keys.set(key.keyId, { ...key, ...untouched(), principal: key.keyId });
        return 'created';
      }),
    revokeKey: (keyId) =>
      settle(() => {
        const key = keys.get(keyId);
        return key && change(key, { revokedAtMs: key.revokedAtMs ?? Date.now() });
      }),
    rotateKey: (keyId, next, graceMs) =>
      settle(() => {
        const key = keys.get(keyId);
        if (key === undefined) return 'unknown';
        if (!isInForce(key) || key.replacedBy !== null) return 'ended';
        const endsAtMs = Math.min(key.expiresAtMs ?? Infinity, Date.now() + graceMs);
        change(key, { expiresAtMs: endsAtMs, replacedBy: next.keyId });
        keys.set(next.keyId, { ...key, ...next, ...untouched() });
        return 'rotated';
      }),
    recordAction: (record) =>
      settle(() => {
        const auditId = actions.length + 1;
        actions.push({ ...record, auditId, atMs: Date.now(), outcome: null, endedAtMs: null });
        return auditId;
      }),
    recordOutcome: (auditId, outcome) =>
      settle(() => {
        const action = actions[auditId - 1];
        if (action?.outcome === null) actions[auditId - 1] = { ...action, outcome, endedAtMs: Date.now() };
      }),
    shareDemand: (process, wanted) =>
      settle(() => {
        demand.set(process, new Map(wanted));
        const others = [...demand].filter(([other]) => other !== process).map(([, of]) => of);
        const ofOthers = (client: string): number => others.reduce((sum, of) => sum + (of.get(client) ?? 0), 0);
        return new Map([...wanted.keys()].map((client) => [client, ofOthers(client)]));
      }),
    listActions: ({ beforeId, limit }) =>
      settle(() =>
        actions
          .slice(0, (beforeId ?? actions.length + 1) - 1)
          .reverse()
          .slice(0, limit),
      ),
  };
}

/** What PostgreSQL would answer later, and a fault as a rejection. */
async function settle<T>(answer: () => T): Promise<T> {
  return Promise.resolve(answer());
}
