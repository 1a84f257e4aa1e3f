import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestApi, type Reply, type TestApi } from './api.js';

let api: TestApi;

/** Versions: 1 created | 2 3 ann | 4 5 bob | 6 bet's market | 7 bet | 8 clock. */
beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
  await api.post('agents', { agentId: 'ann', deposit: '1000' }, { 'idempotency-key': 'ann' });
  await api.post('agents', { agentId: 'bob', deposit: '1000' });
  await api.post('markets', { marketId: 'M', title: 'Rain?', expiresAt: '1970-02-01T00:00:00Z' });
  await api.post('markets/M/bets', { agentId: 'ann', outcome: 'YES', amount: '100' }, { 'idempotency-key': 'bet' });
  await api.post('clock/advance', { byMs: 60_000 });
});

afterAll(() => api.stop());

const at = (timeline: string, path: string): string => `/v1/timelines/${timeline}${path}`;
const fork = (parent: string, body: object, key?: string): Promise<Reply> =>
  api.post(at(parent, '/forks'), body, key === undefined ? {} : { 'idempotency-key': key });
const remove = (timeline: string, headers: Record<string, string> = {}): Promise<Reply> =>
  api.call('DELETE', at(timeline, `?confirm=${timeline}`), undefined, headers);
const stateOf = async (timeline: string): Promise<Reply['body']> => (await api.get(at(timeline, '/state'))).body;

describe('a fork', () => {
  test('goes on from its fork version on a clock of its own, and leaves its parent alone', async () => {
    const before = await stateOf('T');
    const reply = await fork('T', { name: 'F1', at: 5, reason: 'what if' });
    expect(reply).toMatchObject({
      status: 201,
      body: {
        version: 6,
        result: { timeline: 'F1', parent: 'T', forkVersion: 5, clock: 'virtual', now: '1970-01-01T00:00:00.000Z' },
        events: [{ version: 6, type: 'TimelineForked', data: { clock: 'virtual', reason: 'what if' } }],
      },
    });
    expect(reply.headers.get('location')).toBe('/v1/timelines/F1');
    expect((await api.get(at('F1', ''))).body).toMatchObject({
      status: 'active',
      parent: 'T',
      forkVersion: 5,
      version: 6,
      moneySupply: '2000',
    });
    expect((await api.post(at('F1', '/agents/ann/deposits'), { amount: '1' })).body.version).toBe(7);
    expect((await api.get(at('F1', '/agents/ann'))).body.available).toBe('1001');
    expect(await stateOf('T')).toEqual(before);
  });

  test('reaches its parent’s hash when the same happens at the same time', async () => {
    await fork('T', { name: 'RERUN', at: 5 });
    await api.post(at('RERUN', '/markets'), { marketId: 'M', title: 'Rain?', expiresAt: '1970-02-01T00:00:00Z' });
    await api.post(at('RERUN', '/markets/M/bets'), { agentId: 'ann', outcome: 'YES', amount: '100' });
    await api.post(at('RERUN', '/clock/advance'), { byMs: 60_000 });
    const [parent, child] = [await stateOf('T'), await stateOf('RERUN')];
    expect(child.stateHash).toBe(parent.stateHash);
    expect(child.version).toBe(parent.version + 1);
  });

  test('may change settings and clock', async () => {
    const settings = { feeBps: 0, liquidity: '50', autoMarketAt: '10.5' };
    const { body } = await fork('T', { name: 'F2', at: 5, clock: 'wall', settings });
    const { offsetMs, ...data } = body.events[0].data;
    expect(data).toEqual({ clock: 'wall', settings });
    expect(body.result).toMatchObject({ clock: 'wall', offsetMs, now: '1970-01-01T00:00:00.000Z' });
    expect((await api.get(at('F2', ''))).body.settings).toEqual({ reactAt: '50.0', tickSeconds: 10, ...settings });
    expect((await api.get(at('F2', '/state'))).body.settings).toEqual({
      reactAt: '50.0',
      tickSeconds: 10,
      ...settings,
    });
    const market = await api.post(at('F2', '/markets'), { marketId: 'M2', title: 'x', duration: 'micro' });
    expect(market.body.events[0].data).toMatchObject({ liquidity: '50', feeBps: 0 });
    const shown = (await api.get(at('F2', ''))).body;
    expect(shown).toMatchObject({ clock: 'wall', offsetMs });
    expect(Date.parse(shown.now)).toBeLessThan(600_000);
  });

  test('shows today where it was to run from now on, and then only', async () => {
    await fork('T', { name: 'TODAY', at: 5, clock: 'wall', runsFrom: 'now' });
    const { body } = await api.get(at('TODAY', ''));
    expect(body).toMatchObject({ clock: 'wall', offsetMs: 0 });
    expect(Date.parse(body.now)).toBeGreaterThan(Date.parse('2020-01-01'));
    for (const clock of [{}, { clock: 'virtual' }]) {
      expect(await fork('T', { name: 'X', runsFrom: 'now', ...clock })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/runsFrom' }] },
      });
    }
  });

  test('of a fork, and from below its parent’s own fork, has the log of all of them', async () => {
    await fork('T', { name: 'A', at: 7 });
    await fork('A', { name: 'B' });
    await fork('B', { name: 'C', at: 3 });
    const types = async (timeline: string): Promise<readonly string[]> =>
      (await api.get(at(timeline, '/events'))).body.items.map(({ type }: Reply['body']) => type);
    expect((await types('B')).slice(6)).toEqual(['BetPlaced', 'TimelineForked', 'TimelineForked']);
    expect(await types('C')).toEqual(['TimelineCreated', 'AgentRegistered', 'FundsDeposited', 'TimelineForked']);
    expect((await api.get(at('C', '/lineage'))).body).toEqual({
      timeline: 'C',
      ancestors: [
        { timeline: 'B', forkVersion: 3 },
        { timeline: 'A', forkVersion: 8 },
        { timeline: 'T', forkVersion: 7 },
      ],
      forks: [],
    });
    expect((await api.get(at('A', '/lineage'))).body.forks).toEqual([
      { timeline: 'B', forkVersion: 8, status: 'active' },
    ]);
    expect((await api.get(at('C', '/agents'))).body.items.map(({ agentId }: Reply['body']) => agentId)).toEqual([
      'ann',
    ]);
  });

  test('knows the keys of its ancestors up to its fork version, and takes the later ones anew', async () => {
    await fork('T', { name: 'K', at: 6 });
    const again = await api.post(at('K', '/agents'), { agentId: 'ann', deposit: '1000' }, { 'idempotency-key': 'ann' });
    expect(again).toMatchObject({ status: 201, body: { version: 3 } });
    const bet = { agentId: 'ann', outcome: 'YES', amount: '100' };
    const placed = await api.post(at('K', '/markets/M/bets'), bet, { 'idempotency-key': 'bet' });
    expect(placed).toMatchObject({ status: 200, body: { version: 8 } });
    expect((await api.post(at('K', '/markets/M/bets'), bet, { 'idempotency-key': 'bet' })).text).toBe(placed.text);
  });

  test('asked for again with its key is the same fork; another parent is another request', async () => {
    const first = await fork('T', { name: 'ONCE', at: 5 }, 'k1');
    const [second, third] = await Promise.all([
      fork('T', { at: 5, name: 'ONCE' }, 'k1'),
      fork('T', { name: 'ONCE', at: 5 }, 'k1'),
    ]);
    expect([first.status, second.text, third.text]).toEqual([201, first.text, first.text]);
    expect(await fork('A', { name: 'ONCE', at: 5 }, 'k1')).toMatchObject({ status: 409, body: { code: 'key-reused' } });
    expect(await fork('T', { name: 'ONCE', at: 5 })).toMatchObject({
      status: 409,
      body: { code: 'timeline-name-taken' },
    });
  });

  test.each([
    ['inside a command', { name: 'X', at: 2 }, 409, 'version-inside-command', /1 and 3/],
    ['ahead of the head', { name: 'X', at: 99 }, 409, 'version-ahead', /version 8/],
    ['an unknown label', { name: 'X', at: { label: 'never' } }, 404, 'label-unknown', /./],
    ['version 0', { name: 'X', at: 0 }, 400, 'malformed-input', /./],
    ['digits for a label', { name: 'X', at: { label: '12' } }, 400, 'malformed-input', /not all digits/],
    ['a bad name', { name: '-', at: 5 }, 400, 'malformed-input', /./],
    ['no such clock', { name: 'X', clock: 'sun' }, 400, 'malformed-input', /./],
    ['the master’s name', { name: 'T' }, 409, 'timeline-name-taken', /./],
  ])('%s is refused and makes nothing', async (_what, body, status, code, detail) => {
    const reply = await fork('T', body);
    expect(reply).toMatchObject({ status, body: { code } });
    expect(reply.body.detail).toMatch(detail);
    expect((await api.get(at('X', ''))).status).toBe(404);
  });

  test('of forks may be 64 deep and no deeper, wherever each stands', async () => {
    await fork('T', { name: 'D1', at: 5 });
    for (let depth = 2; depth <= 64; depth += 1) {
      const deeper = await fork(`D${depth - 1}`, { name: `D${depth}`, at: depth % 2 === 0 ? 3 : 4 });
      expect(deeper.status).toBe(201);
    }
    expect((await api.get(at('D64', '/lineage'))).body.ancestors).toHaveLength(64);
    expect((await api.post(at('D64', '/agents'), { agentId: 'deep' })).status).toBe(201);
    expect(await fork('D64', { name: 'D65', at: 3 })).toMatchObject({
      status: 409,
      body: { code: 'fork-depth-reached', detail: expect.stringContaining('64') },
    });
    expect((await api.get(at('D65', ''))).status).toBe(404);
  });

  test('of nothing is 404', async () => {
    expect(await fork('NOBODY', { name: 'X' })).toMatchObject({ status: 404, body: { code: 'timeline-unknown' } });
  });
});

describe('a label', () => {
  test('names a version or the head, and forks start there', async () => {
    expect(await api.post('labels', { label: 'EARLY', version: 5 })).toMatchObject({
      status: 201,
      body: { label: 'EARLY', version: 5, timeline: 'T' },
    });
    expect((await api.post('labels', { label: 'EARLY', version: 5 })).status).toBe(200);
    expect(await api.post('labels', { label: 'EARLY', version: 8 })).toMatchObject({
      status: 409,
      body: { code: 'label-taken', detail: 'EARLY names version 5, of T.' },
    });
    expect((await api.post('labels', { label: 'NOW' })).body).toMatchObject({ version: 8 });
    expect(await api.post('labels', { label: 'NOW' })).toMatchObject({ status: 200, body: { version: 8 } });
    expect((await fork('T', { name: 'L', at: { label: 'EARLY' } })).body.result.forkVersion).toBe(5);
    expect((await api.get(at('L', '/labels'))).body).toEqual({
      items: [{ label: 'EARLY', version: 5, timeline: 'T' }],
      nextCursor: null,
    });
    expect((await fork('L', { name: 'L2', at: { label: 'EARLY' } })).body.result.forkVersion).toBe(5);
  });

  test('with a key is put once, wherever the head is by then', async () => {
    await fork('T', { name: 'Q', at: 5 });
    const key = { 'idempotency-key': 'label' };
    const first = await api.post(at('Q', '/labels'), { label: 'MOVING' }, key);
    await api.post(at('Q', '/agents/ann/deposits'), { amount: '1' });
    expect((await api.post(at('Q', '/labels'), { label: 'MOVING' })).body.code).toBe('label-taken');
    expect(await api.post(at('Q', '/labels'), { label: 'MOVING' }, key)).toMatchObject({
      status: 201,
      text: first.text,
    });
    expect((await api.post(at('Q', '/labels'), { label: 'OTHER' }, key)).body.code).toBe('key-reused');
    expect((await api.get(at('Q', '/labels'))).body.items.map(({ label }: Reply['body']) => label)).not.toContain(
      'OTHER',
    );
  });

  test('with a key leaves the keys of a fork alone that was made before it', async () => {
    await fork('T', { name: 'KEYS' });
    await fork('KEYS', { name: 'BELOW', at: 5 });
    await fork('KEYS', { name: 'BESIDE' });
    const put = (timeline: string, label: string, version: number, key: string): Promise<Reply> =>
      api.post(at(timeline, '/labels'), { label, version }, { 'idempotency-key': key });
    await put('KEYS', 'LATE', 3, 'late');
    const deposit = await api.post(at('BELOW', '/agents/ann/deposits'), { amount: '1' }, { 'idempotency-key': 'late' });
    expect(deposit.status).toBe(200);
    const own = await put('BESIDE', 'OWN', 5, 'both');
    await put('KEYS', 'OTHER', 3, 'both');
    expect(await put('BESIDE', 'OWN', 5, 'both')).toMatchObject({ status: 201, text: own.text });
  });

  test('comes in pages', async () => {
    const first = await api.get('labels?limit=1');
    expect(first.body.items).toHaveLength(1);
    const second = await api.get(`labels?limit=1&cursor=${first.body.nextCursor}`);
    expect([first.body.items[0].label, second.body.items[0].label]).toEqual(['EARLY', 'NOW']);
    expect(second.body.nextCursor).toBeNull();
    expect(await api.get('labels?minVersion=999')).toMatchObject({
      status: 503,
      body: { code: 'version-not-reached' },
    });
  });

  test.each([
    [{ label: 'X', version: 2 }, 409, 'version-inside-command'],
    [{ label: 'X', version: 99 }, 409, 'version-ahead'],
    [{ label: '2013' }, 400, 'malformed-input'],
    [{ label: 'X', version: '5' }, 400, 'malformed-input'],
  ])('%j is refused', async (body, status, code) => {
    expect(await api.post('labels', body)).toMatchObject({ status, body: { code } });
  });
});

describe('the end of a timeline', () => {
  test('completed, it shows its result and takes no commands; archived, no more either; its forks live', async () => {
    await fork('T', { name: 'E', at: 5 });
    const result = { winner: 'ann', scores: [1, 2.5, null] };
    const completed = await api.post(at('E', '/complete'), { result }, { 'idempotency-key': 'e' });
    expect(completed).toMatchObject({ status: 200, body: { version: 7, result: { status: 'completed', result } } });
    expect((await api.post(at('E', '/complete'), { result }, { 'idempotency-key': 'e' })).text).toBe(completed.text);
    expect((await api.get(at('E', ''))).body).toMatchObject({ status: 'completed', result });
    for (const [path, body] of [
      ['/agents', { agentId: 'eve' }],
      ['/complete', {}],
      ['/clock/advance', { byMs: 1 }],
    ] as const) {
      expect(await api.post(at('E', path), body)).toMatchObject({ status: 409, body: { code: 'timeline-not-active' } });
    }
    expect((await api.post(at('E', '/archive'))).body).toMatchObject({ version: 8, result: { status: 'archived' } });
    expect((await api.get(at('E', ''))).body).toMatchObject({ status: 'archived', result });
    const listed = (await api.get('/v1/timelines?limit=1000')).body.items;
    expect(listed.find(({ name }: Reply['body']) => name === 'E')).toMatchObject({
      status: 'archived',
      forkVersion: 5,
    });
    await fork('E', { name: 'AFTER' });
    expect((await api.post(at('AFTER', '/agents'), { agentId: 'eve' })).status).toBe(201);
  });

  test.each([
    [{ result: { ['__proto__']: 1 } }, '{"result":{"__proto__":1}}'],
    [{ result: 2 ** 53 }, undefined],
    [{ result: 1 }, '{"result":1e400}'],
    [{ result: 'x'.repeat(70_000) }, undefined],
    [{ result: '\0' }, undefined],
  ])('a result that would not come back as it was sent is refused', async (body, text) => {
    await fork('T', { name: 'P', at: 5 });
    expect((await api.post(at('P', '/complete'), text ?? body)).status).toBe(400);
    expect((await api.get(at('P', ''))).body.status).toBe('active');
  });

  test('a timeline is removed only if nothing stands on it, and its name is never used again', async () => {
    await fork('T', { name: 'G', at: 5 });
    await fork('G', { name: 'H' });
    expect(await remove('G')).toMatchObject({
      status: 409,
      body: { code: 'timeline-has-forks', detail: 'Forked from it: H.' },
    });
    for (let times = 0; times < 2; times += 1) {
      const removed = await remove('H', { 'idempotency-key': 'remove' });
      expect([removed.status, removed.text]).toEqual([204, '']);
    }
    for (const path of ['', '/state', '/agents', '/events', '/lineage', '/labels', '/snapshots']) {
      expect(await api.get(at('H', path))).toMatchObject({ status: 404, body: { code: 'timeline-unknown' } });
    }
    expect((await api.post(at('H', '/agents'), { agentId: 'x' })).status).toBe(404);
    expect((await api.call('DELETE', at('H', ''))).status).toBe(404);
    expect(await fork('T', { name: 'H' })).toMatchObject({ status: 409, body: { code: 'timeline-name-taken' } });
    expect((await remove('G')).status).toBe(204);
  });

  test('what is active or has no parent is removed with its name only, what has ended as a fork without', async () => {
    await fork('T', { name: 'CONFIRM', at: 5 });
    await api.createVirtual('ROOT');
    await api.post(at('ROOT', '/complete'), {});
    for (const name of ['CONFIRM', 'ROOT']) {
      for (const query of ['', '?confirm=T', `?confirm=${name.toLowerCase()}`]) {
        expect(await api.call('DELETE', at(name, query), undefined, { 'idempotency-key': 'bare' })).toMatchObject({
          status: 409,
          body: { code: 'confirmation-missing', detail: expect.stringContaining(`?confirm=${name}`) },
        });
      }
      expect((await api.get(at(name, ''))).status).toBe(200);
    }
    expect((await api.call('DELETE', at('CONFIRM', '?sure=yes'))).status).toBe(400);
    await api.post(at('CONFIRM', '/complete'), {});
    expect((await api.call('DELETE', at('CONFIRM', '?confirm=OTHER'))).status).toBe(409);
    expect((await api.call('DELETE', at('CONFIRM', ''))).status).toBe(204);
    expect((await remove('ROOT')).status).toBe(204);
  });

  test('a label and a removal sent many times at once with one key are answered alike', async () => {
    await fork('T', { name: 'MANY', at: 5 });
    const key = { 'idempotency-key': 'many' };
    const times = Array.from({ length: 6 });
    const labelled = await Promise.all(times.map(() => api.post(at('MANY', '/labels'), { label: 'ONE' }, key)));
    expect(new Set(labelled.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(labelled[0]?.status).toBe(201);
    const removed = await Promise.all(times.map(() => remove('MANY', key)));
    expect(removed.map(({ status }) => status)).toEqual(times.map(() => 204));
  });

  test('the master timeline is neither ended nor removed', async () => {
    const replies = [
      await api.call('DELETE', at('REALITY', '')),
      await api.post(at('REALITY', '/complete'), {}),
      await api.post(at('REALITY', '/archive')),
    ];
    for (const reply of replies) expect(reply).toMatchObject({ status: 409, body: { code: 'timeline-is-master' } });
  });
});
