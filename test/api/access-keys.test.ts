import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { keyIdOf, mintKey } from '#access';
import { LogUnavailable } from '#event-log';
import { until } from '../server.js';
import { bearer, openProtectedApi, type ProtectedApi } from './access.js';

let held: ProtectedApi;
/** The keys cannot be read from the database while it is away. */
let isAway = false;

beforeAll(async () => {
  held = await openProtectedApi({}, (log) => {
    const keysInForce = () =>
      isAway ? Promise.reject(new LogUnavailable('the test took it away')) : log.access.keysInForce();
    return new Proxy(log, {
      get: (target, name) => {
        if (name === 'access') return { ...target.access, keysInForce };
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  });
  const { admin, ask } = held;
  for (const name of ['T', 'T2', 'OTHER']) await ask(admin, 'POST', '/v1/timelines', { name, clock: 'virtual' });
  await ask(admin, 'POST', 'agents', { agentId: 'ann', deposit: '1000' });
  await ask(admin, 'POST', 'agents', { agentId: 'bob', deposit: '1000' });
  await ask(admin, 'POST', 'markets', { marketId: 'm', title: 'Rain?', duration: 'macro' });
});

beforeEach(() => {
  isAway = false;
});

afterAll(() => held.api.stop());

const namesIn = ({ body }: { readonly body: { readonly items: readonly { readonly name: string }[] } }) =>
  body.items.map(({ name }) => name);

/** Of the text before it: CRC-32 in six digits of base 62. */
function checksumOf(text: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return [5, 4, 3, 2, 1, 0].map((power) => digits[Math.floor(crc32(text) / 62 ** power) % 62]).join('');
}

/** A key made over HTTP, by the admin. */
async function made(body: object): Promise<{ text: string; key: { keyId: string; principal: string } }> {
  const reply = await held.ask(held.admin, 'POST', '/v1/admin/keys', body);
  expect(reply.status).toBe(201);
  return reply.body;
}

describe('the text of a key', () => {
  test('is for scanners: a prefix, letters and digits, and a checksum', () => {
    for (let i = 0; i < 1_000; i += 1) {
      const { keyId, text } = mintKey();
      expect(text).toMatch(/^seed_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
      expect(keyIdOf(text)).toBe(keyId);
    }
  });

  test('with any character changed, added or left out is no key', () => {
    const { text } = mintKey();
    for (let i = 0; i < text.length; i += 1) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(keyIdOf(text.slice(0, i) + other + text.slice(i + 1))).toBeUndefined();
      expect(keyIdOf(text.slice(0, i) + text.slice(i + 1))).toBeUndefined();
      expect(keyIdOf(text.slice(0, i) + other + text.slice(i))).toBeUndefined();
    }
    for (const around of [` ${text}`, `${text} `, `${text}\n`]) expect(keyIdOf(around)).toBeUndefined();
  });

  test('is nowhere in the database, and with another secret its HMAC is another', async () => {
    const { text, key } = await made({ name: 'k', role: 'reader' });
    const stored = await held.store.findKey(key.keyId);
    expect(JSON.stringify(stored)).not.toContain(text.slice(-49));
    expect(stored?.hmac).toMatch(/^[0-9a-f]{64}$/);
    const listed = await held.ask(held.admin, 'GET', '/v1/admin/keys');
    expect(listed.text).not.toContain(text);
    expect(listed.text).not.toContain(stored?.hmac ?? 'none');
  });

  test('of one key with the id of another is refused', async () => {
    const [one, other] = [await held.key('admin'), await held.key('admin')];
    expect((await held.ask(one.text, 'GET', 'agents')).status).toBe(200);
    const unchecked = other.text.replace(other.keyId, one.keyId).slice(0, -6);
    const forged = unchecked + checksumOf(unchecked);
    // It is well formed, so that it is the HMAC that tells.
    expect(keyIdOf(forged)).toBe(one.keyId);
    expect((await held.ask(forged, 'GET', 'agents')).status).toBe(401);
  });
});

describe('health', () => {
  test('tells everybody how many timelines are stopped, and which only to a key that is for them', async () => {
    const { admin, api, ask } = held;
    await ask(admin, 'POST', '/v1/timelines', { name: 'HALTED', clock: 'virtual' });
    const found = await api.log.findTimeline('HALTED');
    if (found === undefined) throw new Error('no timeline');
    const { timelineId, head: expected } = found;
    const event = { type: 'SecretThing', schemaVersion: 1, atMs: 0, commandId: randomUUID(), actor: 'x', data: '{}' };
    await api.log.append({ timelineId, expected, events: [event], keys: [], recordedAtMs: 0, writer: 'newer' });
    expect((await ask(admin, 'GET', '/v1/timelines/HALTED/agents')).status).toBe(503);
    const keys = [await held.key('reader', { timelines: ['T*'] }), await held.key('reader', { timelines: ['HALTED'] })];
    const health = async (key: string | null) => (await ask(key, 'GET', '/health')).body;
    const [nobody, guessing, other, own] = await Promise.all(
      [null, 'seed_guess', ...keys.map(({ text }) => text)].map(health),
    );
    for (const told of [nobody, guessing, other]) {
      expect(told).toMatchObject({ status: 'degraded', stopped: 1 });
      expect(JSON.stringify(told)).not.toMatch(/HALTED|SecretThing/);
    }
    const reason = expect.stringContaining('SecretThing');
    expect(own).toMatchObject({ stopped: 1, stoppedTimelines: [{ timeline: 'HALTED', version: 2, reason }] });
  });
});

describe('a scope', () => {
  test('leaves other timelines out of lists', async () => {
    const { text } = await held.key('reader', { timelines: ['T*'] });
    const seen = namesIn(await held.ask(text, 'GET', '/v1/timelines'));
    expect(seen).toEqual(expect.arrayContaining(['T', 'T2']));
    expect(seen.every((name) => name.startsWith('T'))).toBe(true);
    expect(namesIn(await held.ask(held.admin, 'GET', '/v1/timelines'))).toContain('OTHER');
  });

  test('leaves other timelines out of the cursors of lists, and pages are full for all that', async () => {
    const { text } = await held.key('reader', { timelines: ['T', 'T2', 'T*'] });
    const pages: string[][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await held.ask(text, 'GET', `/v1/timelines?limit=1${cursor && `&cursor=${cursor}`}`);
      pages.push(namesIn({ body }));
      cursor = body.nextCursor as string | null;
      expect(cursor === null || Buffer.from(cursor, 'base64url').toString().startsWith('T')).toBe(true);
    }
    expect(pages.flat()).toEqual(['T', 'T2']);
    expect(pages.every((page) => page.length === 1)).toBe(true);
  });

  test('holds for both timelines that are compared', async () => {
    const { text } = await held.key('reader', { timelines: ['T', 'T2'] });
    expect((await held.ask(text, 'GET', 'compare/T2')).status).toBe(200);
    const { status, body } = await held.ask(text, 'GET', 'compare/OTHER');
    expect({ status, errors: body.errors }).toMatchObject({ status: 403, errors: [{ pointer: '/other' }] });
    expect((await held.ask(text, 'GET', '/v1/timelines/OTHER/compare/T')).status).toBe(403);
  });

  test('holds for the name of a fork and of a new timeline', async () => {
    const { text } = await held.key('operator', { timelines: ['T', 'MINE-*'] });
    const fork = (name: string) => held.ask(text, 'POST', 'forks', { name });
    expect(await fork('YOURS')).toMatchObject({ status: 403, body: { errors: [{ pointer: '/name' }] } });
    expect((await fork('MINE')).status).toBe(403);
    expect((await fork('MINE-1')).status).toBe(201);
    expect((await held.ask(text, 'GET', '/v1/timelines/MINE-1/agents')).status).toBe(200);
    const create = (name: string) => held.ask(text, 'POST', '/v1/timelines', { name, clock: 'virtual' });
    expect((await create('YOURS')).status).toBe(403);
    expect((await create('MINE-2')).status).toBe(201);
  });

  test('leaves forks that are not in it out of a lineage', async () => {
    const { admin, ask, key } = held;
    for (const name of ['OTHER-1', 'OPEN-1']) await ask(admin, 'POST', '/v1/timelines/OTHER/forks', { name });
    const { text } = await key('reader', { timelines: ['OTHER', 'OPEN-*'] });
    const { body } = await ask(text, 'GET', '/v1/timelines/OTHER/lineage');
    expect(body.forks.map(({ timeline }: { readonly timeline: string }) => timeline)).toEqual(['OPEN-1']);
  });

  test('does not tell whether a timeline beyond it is there', async () => {
    const { text } = await held.key('reader', { timelines: ['T'] });
    const [there, notThere] = [
      await held.ask(text, 'GET', '/v1/timelines/OTHER'),
      await held.ask(text, 'GET', '/v1/timelines/NOWHERE'),
    ];
    expect({ ...there.body, traceId: '' }).toEqual({ ...notThere.body, traceId: '' });
  });

  test('of all timelines is what /metrics takes: it names them', async () => {
    expect((await held.ask((await held.key('reader')).text, 'GET', '/metrics')).status).toBe(200);
    expect((await held.ask((await held.key('operator', { timelines: ['T*'] })).text, 'GET', '/metrics')).status).toBe(
      403,
    );
  });

  test.each([
    ['an agent without an id', { role: 'agent' }],
    ['a reader with an agent', { role: 'reader', agentId: 'ann' }],
    ['an admin of one timeline', { role: 'admin', timelines: ['T'] }],
    ['no timelines at all', { role: 'reader', timelines: [] }],
    ['everything by a star', { role: 'reader', timelines: ['*'] }],
    ['a star in the middle', { role: 'reader', timelines: ['T*2'] }],
    ['an end in the past', { role: 'reader', expiresAt: '2020-01-01T00:00:00Z' }],
    ['an unknown role', { role: 'root' }],
  ])('that is %s is refused', async (_what, body) => {
    const reply = await held.ask(held.admin, 'POST', '/v1/admin/keys', { name: 'k', ...body });
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-input' } });
  });
});

describe('an agent', () => {
  const bet = (agentId: string) => ({
    type: 'PlaceBet',
    data: { marketId: 'm', agentId, outcome: 'YES', amount: '1' },
  });

  test('has a batch refused whole for one entry that is not its own, and is told which', async () => {
    const { text } = await held.key('agent', { agentId: 'ann', timelines: ['T'] });
    const versionOf = async () => (await held.ask(text, 'GET', '/v1/timelines/T')).body.version;
    const before = await versionOf();
    for (const entry of [
      bet('bob'),
      { type: 'DepositFunds', data: { agentId: 'ann', amount: '1' } },
      { type: 'TransferFunds', data: { from: 'bob', to: 'ann', amount: '1' } },
      { type: 'AdvanceClock', data: { byMs: 1 } },
    ]) {
      for (const atomic of [false, true]) {
        const reply = await held.ask(text, 'POST', 'commands', { commands: [bet('ann'), bet('ann'), entry], atomic });
        expect(reply).toMatchObject({ status: 403, body: { code: 'forbidden', errors: [{ pointer: '/commands/2' }] } });
      }
    }
    expect(await versionOf()).toBe(before);
    expect((await held.ask(text, 'POST', 'commands', { commands: [bet('ann')] })).body.results[0].status).toBe(
      'accepted',
    );
  });

  test('cannot hide another agent behind a field that stands in the path', async () => {
    const { text } = await held.key('agent', { agentId: 'ann', timelines: ['T'] });
    const hidden = await held.ask(text, 'POST', 'agents/bob/stakes', { agentId: 'ann', amount: '1' });
    expect(hidden.status).toBe(400);
    expect((await held.ask(text, 'POST', 'agents/bob/stakes', { amount: '1' })).status).toBe(403);
    const twice = '{"from":"ann","from":"bob","to":"ann","amount":"1"}';
    const reply = await fetch(`${held.api.url}/v1/timelines/T/transfers`, {
      method: 'POST',
      headers: { ...bearer(text), 'content-type': 'application/json' },
      body: twice,
    });
    // Which of the two is meant nobody can say.
    expect(reply.status).toBe(400);
  });
});

describe('a key', () => {
  test('is the actor of what is done with it, and the owner of its idempotency keys', async () => {
    const [one, other] = [
      await made({ name: 'one', role: 'operator' }),
      await made({ name: 'other', role: 'operator' }),
    ];
    const deposit = (key: string) =>
      held.ask(key, 'POST', 'agents/ann/deposits', { amount: '1' }, { 'idempotency-key': 'same' });
    const first = (await deposit(one.text)).body.version;
    expect((await deposit(one.text)).body.version).toBe(first);
    expect((await deposit(other.text)).body.version).toBe(first + 1);
    const { items } = (await held.ask(one.text, 'GET', `events?after=${first - 1}`)).body;
    expect(items).toHaveLength(2);
    const { timelineId } = (await held.api.log.findTimeline('T')) ?? {};
    if (timelineId === undefined) throw new Error('there is no timeline T');
    const { events } = await held.api.log.readEvents({ timelineId, afterVersion: first - 1, limit: 2 });
    expect(events.map(({ actor }) => actor)).toEqual([`key:${one.key.principal}`, `key:${other.key.principal}`]);
  });

  test('that is rotated goes on for its grace, and its successor is the same actor', async () => {
    const { text, key } = await made({ name: 'old', role: 'operator', timelines: ['T'] });
    const deposit = (by: string) =>
      held.ask(by, 'POST', 'agents/ann/deposits', { amount: '1' }, { 'idempotency-key': 'rotated' });
    const before = await deposit(text);
    const rotate = (graceMs: number) => held.ask(held.admin, 'POST', `/v1/admin/keys/${key.keyId}/rotate`, { graceMs });
    const { status, body } = await rotate(60_000);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      key: { role: 'operator', timelines: ['T'], principal: key.principal, name: 'old', replacedBy: null },
      old: { replacedBy: body.key.keyId },
    });
    expect((await held.ask(text, 'GET', 'agents')).status).toBe(200);
    expect((await deposit(body.text)).body).toEqual(before.body);
    expect(await rotate(0)).toMatchObject({ status: 409, body: { code: 'access-key-ended' } });
  });

  test('that is rotated without grace ends at once', async () => {
    const { text, key } = await made({ name: 'old', role: 'reader' });
    const { body } = await held.ask(held.admin, 'POST', `/v1/admin/keys/${key.keyId}/rotate`, { graceMs: 0 });
    expect((await held.ask(text, 'GET', 'agents')).status).toBe(401);
    expect((await held.ask(body.text, 'GET', 'agents')).status).toBe(200);
  });

  test('that is revoked ends at once where it was revoked, and within seconds elsewhere', async () => {
    const [here, elsewhere] = [
      await made({ name: 'here', role: 'reader' }),
      await made({ name: 'there', role: 'reader' }),
    ];
    const revoked = await held.ask(held.admin, 'DELETE', `/v1/admin/keys/${here.key.keyId}`);
    expect(revoked).toMatchObject({ status: 200, body: { keyId: here.key.keyId, revokedAt: expect.any(String) } });
    expect((await held.ask(here.text, 'GET', 'agents')).status).toBe(401);
    expect((await held.ask(held.admin, 'DELETE', `/v1/admin/keys/${here.key.keyId}`)).body).toEqual(revoked.body);
    // As another process would.
    await held.store.revokeKey(elsewhere.key.keyId);
    const revokedAtMs = performance.now();
    await until(async () => (await held.ask(elsewhere.text, 'GET', 'agents')).status === 401, 10_000);
    expect(performance.now() - revokedAtMs).toBeLessThan(5_000);
  });

  test('that expires ends by itself', async () => {
    const { text } = await made({
      name: 'brief',
      role: 'reader',
      expiresAt: new Date(Date.now() + 1_500).toISOString(),
    });
    expect((await held.ask(text, 'GET', 'agents')).status).toBe(200);
    await until(async () => (await held.ask(text, 'GET', 'agents')).status === 401, 10_000);
  });

  test('goes on to count while the database is away, and ends then too when its time comes', async () => {
    const brief = await made({ name: 'b', role: 'reader', expiresAt: new Date(Date.now() + 2_500).toISOString() });
    const lasting = await made({ name: 'l', role: 'reader' });
    isAway = true;
    await held.store.revokeKey(lasting.key.keyId);
    await until(async () => (await held.ask(brief.text, 'GET', 'agents')).status === 401, 10_000);
    expect((await held.ask(lasting.text, 'GET', 'agents')).status).toBe(200);
    isAway = false;
    await until(async () => (await held.ask(lasting.text, 'GET', 'agents')).status === 401, 10_000);
  });

  test.each(['revoked', 'expired'])('that is %s ends its streams within seconds', async (how) => {
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    const { text, key } = await made({ name: 's', role: 'reader', ...(how === 'expired' && { expiresAt }) });
    const response = await fetch(`${held.api.url}/v1/timelines/T/events/stream`, { headers: bearer(text) });
    expect(response.status).toBe(200);
    const ended = response.text().then(
      () => 'ended',
      () => 'ended',
    );
    expect(await Promise.race([ended, sleep(300, 'open', { ref: false })])).toBe('open');
    if (how === 'revoked') await held.ask(held.admin, 'DELETE', `/v1/admin/keys/${key.keyId}`);
    expect(await Promise.race([ended, sleep(8_000, 'open', { ref: false })])).toBe('ended');
  });

  test('is listed with those that have ended, newest first, page by page', async () => {
    const first = (await held.ask(held.admin, 'GET', '/v1/admin/keys?limit=2')).body;
    const second = (await held.ask(held.admin, 'GET', `/v1/admin/keys?limit=2&cursor=${first.nextCursor}`)).body;
    const all = (await held.ask(held.admin, 'GET', '/v1/admin/keys?limit=1000')).body.items;
    expect([...first.items, ...second.items]).toEqual(all.slice(0, 4));
    expect(all.some(({ revokedAt }: { revokedAt: string | null }) => revokedAt !== null)).toBe(true);
  });

  test('that does not exist is told to an admin', async () => {
    for (const [method, path] of [
      ['DELETE', '/v1/admin/keys/none'],
      ['POST', '/v1/admin/keys/none/rotate'],
    ] as const) {
      expect(await held.ask(held.admin, method, path)).toMatchObject({
        status: 404,
        body: { code: 'access-key-unknown' },
      });
    }
  });
});

describe('the database', () => {
  test('keeps no more keys in force than there may be', async () => {
    const key = {
      name: 'k',
      role: 'reader',
      agentId: null,
      timelines: null,
      createdBy: 't',
      expiresAtMs: null,
    } as const;
    const { keys } = await held.store.keysInForce();
    const { keyId } = mintKey();
    const stored = { ...key, keyId, hmac: 'ab'.repeat(32) };
    expect(await held.store.createKey(stored, keys.length)).toBe('full');
    expect(await held.store.createKey(stored, keys.length + 1)).toBe('created');
    await held.store.revokeKey(keyId);
  });

  test('lets nobody change what was recorded', async () => {
    const client = new pg.Client({ connectionString: held.api.databaseUrl });
    await client.connect();
    try {
      for (const statement of [
        "update audit_record set who = 'nobody'",
        'delete from audit_record',
        'truncate audit_record cascade',
        "update audit_outcome set outcome = 'done'",
        'delete from audit_outcome',
      ]) {
        await expect(client.query(statement)).rejects.toThrow('the past is not edited');
      }
    } finally {
      await client.end();
    }
  });
});
