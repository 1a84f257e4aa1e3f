import assert from 'node:assert/strict';
import type { AccessStore, EventLog, NewAccessKey } from '#event-log';
import type { ContractCase } from './contract.js';

const FAR = 1_000;
let made = 0;

function newKey(more: Partial<NewAccessKey> = {}): NewAccessKey {
  made += 1;
  const scope = { role: 'operator', agentId: null, timelines: ['T', 'F-*'] } as const;
  return { ...scope, keyId: `k${made}`, name: 'ä', hmac: 'ab'.repeat(32), createdBy: 't', expiresAtMs: null, ...more };
}

const idsInForce = async (store: AccessStore): Promise<readonly string[]> =>
  (await store.keysInForce()).keys.map(({ keyId }) => keyId).sort();

const successorOf = ({ hmac, createdBy }: NewAccessKey, keyId: string, expiresAtMs: number | null = null) => ({
  ...{ keyId, hmac, createdBy, expiresAtMs },
});

/** What every log keeps of access keys and admin actions. */
export const accessCases: readonly ContractCase[] = [
  {
    rule: 'an access key comes back as it was stored, and is in force',
    async holds({ access }: EventLog) {
      const key = newKey({ role: 'agent', agentId: 'ann', timelines: null, expiresAtMs: Date.now() + 60_000 });
      assert.equal(await access.createKey(key, FAR), 'created');
      const stored = await access.findKey(key.keyId);
      const { createdAtMs = 0 } = stored ?? {};
      assert(Math.abs(createdAtMs - Date.now()) < 60_000);
      const expected = { ...key, principal: key.keyId, createdAtMs, revokedAtMs: null, replacedBy: null };
      assert.deepEqual(stored, expected);
      const { keys, databaseTimeMs } = await access.keysInForce();
      assert.deepEqual(keys, [expected]);
      assert(Math.abs(databaseTimeMs - Date.now()) < 60_000);
      assert.equal(await access.findKey('none'), undefined);
    },
  },
  {
    rule: 'where no key is in force the time is told all the same',
    async holds({ access }) {
      const { keys, databaseTimeMs } = await access.keysInForce();
      assert.deepEqual(keys, []);
      assert(databaseTimeMs > 0);
    },
  },
  {
    rule: 'no more keys are in force than there may be, and those that ended do not count',
    async holds({ access }) {
      const [one, other, third] = [newKey(), newKey(), newKey()];
      assert.equal(await access.createKey(newKey({ expiresAtMs: Date.now() - 1 }), 1), 'created');
      assert.equal(await access.createKey(one, 1), 'created');
      assert.equal(await access.createKey(other, 1), 'full');
      assert.equal(await access.findKey(other.keyId), undefined);
      await access.revokeKey(one.keyId);
      assert.equal(await access.createKey(third, 1), 'created');
      assert.deepEqual(await idsInForce(access), [third.keyId]);
    },
  },
  {
    rule: 'a key that is revoked stays so, with the time of the first revocation',
    async holds({ access }) {
      const key = newKey();
      await access.createKey(key, FAR);
      const first = await access.revokeKey(key.keyId);
      assert(first?.revokedAtMs !== null);
      assert.deepEqual(await access.revokeKey(key.keyId), first);
      assert.deepEqual(await idsInForce(access), []);
      assert.equal(await access.revokeKey('none'), undefined);
    },
  },
  {
    rule: 'a key that is rotated has a successor of its scope and principal, and ends after its grace',
    async holds({ access }) {
      const key = newKey();
      await access.createKey(key, FAR);
      assert.equal(await access.rotateKey(key.keyId, successorOf(key, 'next'), 60_000), 'rotated');
      const [old, next] = [await access.findKey(key.keyId), await access.findKey('next')];
      assert.equal(old?.replacedBy, 'next');
      assert(Math.abs((old.expiresAtMs ?? 0) - Date.now() - 60_000) < 30_000);
      assert.deepEqual(await idsInForce(access), [key.keyId, 'next'].sort());
      const { principal, name, role, agentId, timelines } = next ?? {};
      assert.deepEqual(
        { principal, name, role, agentId, timelines },
        { principal: key.keyId, name: key.name, role: key.role, agentId: null, timelines: key.timelines },
      );
      assert.equal(await access.rotateKey('next', successorOf(key, 'last'), 0), 'rotated');
      assert.equal((await access.findKey('last'))?.principal, key.keyId);
      assert.deepEqual(await idsInForce(access), [key.keyId, 'last'].sort());
    },
  },
  {
    rule: 'a rotation never prolongs a key, and is refused for one that has ended',
    async holds({ access }) {
      const soonMs = Date.now() + 30_000;
      const [brief, revoked, expired] = [
        newKey({ expiresAtMs: soonMs }),
        newKey(),
        newKey({ expiresAtMs: Date.now() - 1 }),
      ];
      for (const key of [brief, revoked, expired]) await access.createKey(key, FAR);
      await access.revokeKey(revoked.keyId);
      assert.equal(await access.rotateKey(brief.keyId, successorOf(brief, 'n1'), 3_600_000), 'rotated');
      assert.equal((await access.findKey(brief.keyId))?.expiresAtMs, soonMs);
      for (const { keyId } of [brief, revoked, expired]) {
        assert.equal(await access.rotateKey(keyId, successorOf(brief, 'n2'), 0), 'ended');
      }
      assert.equal(await access.rotateKey('none', successorOf(brief, 'n2'), 0), 'unknown');
      assert.equal(await access.findKey('n2'), undefined);
    },
  },
  {
    rule: 'keys are listed newest first, page by page, those that have ended too',
    async holds({ access }) {
      const keys = [newKey(), newKey(), newKey()];
      for (const key of keys) await access.createKey(key, FAR);
      await access.revokeKey(keys[1]?.keyId ?? '');
      const all = await access.listKeys({ after: null, limit: 10 });
      assert.deepEqual(all.map(({ keyId }) => keyId).sort(), keys.map(({ keyId }) => keyId).sort());
      const [first] = await access.listKeys({ after: null, limit: 1 });
      assert(first !== undefined);
      assert.deepEqual([first, ...(await access.listKeys({ after: first, limit: 10 }))], all);
    },
  },
  {
    rule: 'an action is recorded without an outcome, and its first outcome stays',
    async holds({ access }) {
      const record = { who: 'key:k', keyId: 'k', action: 'A', target: 't', timeline: 'T', reason: 'ä', traceId: 'x' };
      const first = await access.recordAction(record);
      const second = await access.recordAction({
        ...{ who: 'os:ann', keyId: null, action: 'B' },
        ...{ target: null, timeline: null, reason: null, traceId: null },
      });
      assert(second > first);
      const [newest, oldest] = await access.listActions({ beforeId: null, limit: 10 });
      assert.deepEqual([newest?.auditId, newest?.reason, newest?.outcome], [second, null, null]);
      const { atMs = 0 } = oldest ?? {};
      assert.deepEqual(oldest, { ...record, auditId: first, atMs, outcome: null, endedAtMs: null });
      await access.recordOutcome(first, 'done');
      await access.recordOutcome(first, 'fault');
      const [ended, ...others] = await access.listActions({ beforeId: second, limit: 10 });
      assert.deepEqual([ended?.outcome, others], ['done', []]);
      assert(ended?.endedAtMs !== null);
    },
  },
];
