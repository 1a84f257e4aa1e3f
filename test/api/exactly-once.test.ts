import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { micro, type AgentId } from '#domain';
import { keyDigest, requestDigest } from '#event-log';
import { openTestApi, type Reply, type TestApi } from './api.js';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
  await api.post('agents', { agentId: 'ann', deposit: '1000' });
});

afterAll(() => api.stop());

const key = (text: string): Record<string, string> => ({ 'idempotency-key': text });
const deposit = (amount: string) => ({ type: 'DepositFunds', data: { agentId: 'ann', amount } });
const withdrawal = (amount: string) => ({ type: 'WithdrawFunds', data: { agentId: 'ann', amount } });

async function available(): Promise<string> {
  return (await api.get('agents/ann')).body.available;
}

function statuses({ body }: Reply): readonly string[] {
  return body.results.map(({ status, problem }: Reply['body']) => problem?.code ?? status);
}

describe('an idempotency key', () => {
  test('brings the first reply again, whatever the order of the fields', async () => {
    const first = await api.post('transfers', { from: 'ann', to: 'bob', amount: '1' }, key('a'));
    expect(first.body.code).toBe('agent-unknown');
    await api.post('agents', { agentId: 'bob' });
    const second = await api.post('transfers', { from: 'ann', to: 'bob', amount: '1' }, key('a'));
    const third = await api.post('transfers', { amount: '1', to: 'bob', from: 'ann' }, key('a'));
    expect(second.status).toBe(200);
    expect(third.text).toBe(second.text);
    expect(third.headers.get('etag')).toBe(second.headers.get('etag'));
    expect((await api.get('agents/bob')).body.available).toBe('1');
  });

  test('many times at once has one effect', async () => {
    const before = Number(await available());
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => api.post('agents/ann/deposits', { amount: '7' }, key('b'))),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(Number(await available())).toBe(before + 7);
  });

  test.each([
    ['another body', 'POST', 'agents/ann/deposits', { amount: '7.1' }],
    ['another path', 'POST', 'agents/bob/deposits', { amount: '7' }],
    ['another route', 'POST', 'agents/ann/withdrawals', { amount: '7' }],
  ])('with %s is 409', async (_what, method, path, body) => {
    expect(await api.call(method, path, body, key('b'))).toMatchObject({ status: 409, body: { code: 'key-reused' } });
  });

  test('stands for what a request means, not for how it is written', async () => {
    const before = Number(await available());
    const first = await api.post('agents/ann/deposits', { amount: '5' }, key('means-e'));
    const second = await api.post('agents/%61nn/deposits', { amount: '5.000000' }, key('means-e'));
    expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
    const entries = (amount: string) => ({ commands: [{ ...deposit(amount), idempotencyKey: 'means-f' }] });
    for (const amount of ['2.50', '2.5']) expect((await api.post('commands', entries(amount))).status).toBe(200);
    for (const amount of ['1', '1.0']) {
      expect(statuses(await api.post('commands', { commands: [deposit(amount)] }, key('means-g')))).toEqual([
        'accepted',
      ]);
    }
    expect(Number(await available())).toBe(before + 5 + 2.5 + 1);
    await api.post('markets', { marketId: 'm', title: 'Once?', duration: 'macro' });
    const bet = { agentId: 'ann', outcome: 'YES', amount: '1' };
    const placed = await api.post('markets/m/bets', { ...bet, minShares: '0' }, key('means-h'));
    expect(placed.status).toBe(200);
    for (const minShares of [{}, { minShares: '0.0' }]) {
      expect((await api.post('markets/m/bets', { ...bet, ...minShares }, key('means-h'))).text).toBe(placed.text);
    }
    expect((await api.post('markets/m/bets', { ...bet, minShares: '0.1' }, key('means-h'))).status).toBe(409);
  });

  test('that an earlier build stored with the text of its request is known again', async () => {
    const before = Number(await available());
    const requestHash = requestDigest('POST /agents/ann/deposits\n{"amount":"3.0"}');
    const digest = (part: number) => keyDigest({ principal: 'anonymous', key: 'means-i', part });
    const command = { type: 'DepositFunds', agentId: 'ann' as AgentId, amount: micro(3_000_000n) } as const;
    const submission = { command, actor: 'anonymous', key: { digest, requestHash }, expectedVersion: null };
    expect(await api.runtime.execute('T', submission)).toMatchObject({ status: 'accepted' });
    expect((await api.post('agents/ann/deposits', { amount: '3.0' }, key('means-i'))).status).toBe(200);
    expect((await api.post('agents/ann/deposits', { amount: '4' }, key('means-i'))).status).toBe(409);
    expect(Number(await available())).toBe(before + 3);
  });

  test('of a creation is 201 again; a document is compared by its text', async () => {
    const first = await api.post('agents', { agentId: 'eve' }, key('c'));
    const again = await api.post('agents', { agentId: 'eve' }, key('c'));
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect((await api.call('PUT', 'documents/d', '{"a":1}', key('d'))).status).toBe(200);
    expect((await api.call('PUT', 'documents/d', '{"a":1}', key('d'))).status).toBe(200);
    expect((await api.call('PUT', 'documents/d', '{"a": 1}', key('d'))).status).toBe(409);
  });

  test('of a new timeline has the server as its scope', async () => {
    const body = { name: 'twice', clock: 'virtual', startAt: '2024-01-01T00:00:00Z' };
    const first = await api.post('/v1/timelines', body, key('a'));
    const again = await api.post('/v1/timelines', body, key('a'));
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect(await api.post('/v1/timelines', { ...body, name: 'thrice' }, key('a'))).toMatchObject({ status: 409 });
  });
});

describe('If-Match', () => {
  test('refuses once the timeline has moved on, and names the version', async () => {
    const { headers } = await api.get('agents/ann');
    const tag = headers.get('etag') ?? '';
    const first = await api.post('agents/ann/deposits', { amount: '1' }, { 'if-match': tag });
    expect(first.status).toBe(200);
    const second = await api.post('agents/ann/deposits', { amount: '1' }, { 'if-match': tag });
    expect(second).toMatchObject({ status: 412, body: { code: 'precondition-failed' } });
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  test('comes after the key: what was done is not refused', async () => {
    const tag = (await api.get('agents/ann')).headers.get('etag') ?? '';
    const both = { 'if-match': tag, ...key('e') };
    const first = await api.post('agents/ann/deposits', { amount: '1' }, both);
    expect(await api.post('agents/ann/deposits', { amount: '1' }, both)).toMatchObject({
      status: 200,
      text: first.text,
    });
  });

  test('is checked once for a batch', async () => {
    const tag = (await api.get('agents/ann')).headers.get('etag') ?? '';
    const body = { commands: [deposit('1'), deposit('2')] };
    expect((await api.post('commands', body, { 'if-match': tag })).status).toBe(200);
    expect((await api.post('commands', body, { 'if-match': tag })).status).toBe(412);
  });

  test('is refused where it would not be looked at, and nothing is done', async () => {
    const tag = { 'if-match': '"1"' };
    const answers = [
      await api.post('forks', { name: 'UNMATCHED' }, tag),
      await api.post('labels', { label: 'UNMATCHED' }, tag),
      await api.call('DELETE', '/v1/timelines/T', undefined, tag),
      await api.call('POST', '/v1/timelines', { name: 'UNMATCHED', clock: 'virtual' }, tag),
      await api.call('POST', '/v1/admin/replays', { timeline: 'T', mode: 'verify' }, tag),
    ];
    for (const { status, body } of answers) {
      expect([status, body.errors[0]?.pointer]).toEqual([400, '/headers/if-match']);
    }
    expect((await api.get('/v1/timelines/UNMATCHED')).status).toBe(404);
    expect((await api.get('/v1/timelines/T')).status).toBe(200);
  });
});

describe('a batch', () => {
  test('decides its entries in order, each alone', async () => {
    await api.post('agents', { agentId: 'joe', deposit: '10' });
    const of = (type: string, amount: string) => ({ type, data: { agentId: 'joe', amount } });
    const reply = await api.post('commands', {
      commands: [of('WithdrawFunds', '8'), of('WithdrawFunds', '8'), of('DepositFunds', '6'), of('WithdrawFunds', '8')],
    });
    expect(reply.status).toBe(200);
    expect(statuses(reply)).toEqual(['accepted', 'insufficient-funds', 'accepted', 'accepted']);
    const [first, refused] = reply.body.results;
    expect(first).toEqual({ status: 'accepted', version: expect.any(Number), result: { agentId: 'joe', amount: '8' } });
    expect(refused.problem).toMatchObject({ status: 409, type: '/problems/insufficient-funds' });
    expect(reply.headers.get('etag')).toBe(`"${reply.body.version}"`);
    expect((await api.get('agents/joe')).body.available).toBe('0');
  });

  test('with a key of its own brings every outcome again, refusals included', async () => {
    const body = { commands: [deposit('5'), withdrawal('1000000'), deposit('6')] };
    const first = await api.post('commands', body, key('batch'));
    expect(statuses(first)).toEqual(['accepted', 'insufficient-funds', 'accepted']);
    await api.post('agents/ann/deposits', { amount: '1000000' });
    const again = await api.post('commands', body, key('batch'));
    expect(again.text).toBe(first.text);
    const other = await api.post('commands', { commands: [deposit('5')] }, key('batch'));
    expect(other).toMatchObject({ status: 409, body: { code: 'key-reused' } });
    const keyed = { commands: [{ ...deposit('5'), idempotencyKey: 'x' }] };
    expect((await api.post('commands', keyed, key('other'))).body.errors).toMatchObject([
      { pointer: '/commands/0/idempotencyKey' },
    ]);
  });

  test('with keys of its entries repeats those alone', async () => {
    const keyed = (amount: string, idempotencyKey: string) => ({ ...deposit(amount), idempotencyKey });
    const first = await api.post('commands', { commands: [keyed('1', 'k1'), keyed('2', 'k2')] });
    const before = Number(await available());
    const again = await api.post('commands', { commands: [keyed('1', 'k1'), keyed('4', 'k3'), keyed('9', 'k2')] });
    expect(statuses(again)).toEqual(['accepted', 'accepted', 'key-reused']);
    expect(again.body.results[0]).toEqual(first.body.results[0]);
    expect(Number(await available())).toBe(before + 4);
  });

  test('that is atomic is one commit or nothing', async () => {
    const before = await available();
    const commands = [deposit('5'), withdrawal('100000000'), deposit('6')];
    const refused = await api.post('commands', { commands, atomic: true });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'insufficient-funds', errors: [{ pointer: '/commands/1' }] },
    });
    expect(await available()).toBe(before);
    const done = await api.post('commands', { commands: [deposit('1'), withdrawal('1')], atomic: true });
    expect(statuses(done)).toEqual(['accepted', 'accepted']);
    const many = Array.from({ length: 1_001 }, () => deposit('1'));
    expect((await api.post('commands', { commands: many, atomic: true })).body.errors).toMatchObject([
      { pointer: '/commands' },
    ]);
  });

  test('may hold every kind of command and ten thousand of them', async () => {
    await api.createVirtual('batches');
    const commands = [
      { type: 'RegisterAgent', data: { agentId: 'a', deposit: '100' } },
      { type: 'CreateMarket', data: { marketId: 'm', title: 'm', expiresAt: '1970-01-02T00:00:00Z' } },
      { type: 'PlaceBet', data: { marketId: 'm', agentId: 'a', outcome: 'NO', amount: '10' } },
      { type: 'SellShares', data: { marketId: 'm', agentId: 'a', outcome: 'NO', shares: '1' } },
      { type: 'AddStake', data: { agentId: 'a', amount: '10' } },
      { type: 'ChangeApy', data: { apy: '0.5' } },
      { type: 'AdvanceClock', data: { byMs: 3_600_000 } },
      { type: 'DistributeYield' },
      { type: 'IngestWorldEvent', data: { eventId: 'e', title: 'e' } },
      { type: 'RecordWorldState', data: { globalTension: '0.1' } },
      { type: 'SaveDocument', data: { name: 'd', text: '[1e400]' } },
      { type: 'RemoveDocument', data: { name: 'd' } },
      { type: 'CloseMarket', data: { marketId: 'm' } },
      { type: 'ResolveMarket', data: { marketId: 'm', outcome: 'NO' } },
    ];
    const reply = await api.post('/v1/timelines/batches/commands', { commands });
    expect(statuses(reply)).toEqual(commands.map(() => 'accepted'));
    expect(reply.body.results[2].result).toMatchObject({ outcome: 'NO', priceBefore: '0.5' });
    const small = Array.from({ length: 10_000 }, (_, i) => ({ type: 'RegisterAgent', data: { agentId: `b${i}` } }));
    const large = await api.post('/v1/timelines/batches/commands', { commands: small });
    expect(statuses(large).filter((status) => status === 'accepted')).toHaveLength(10_000);
    const over = await api.post('/v1/timelines/batches/commands', { commands: [...small, small[0]] });
    expect(over).toMatchObject({ status: 400, body: { errors: [{ pointer: '/commands' }] } });
  });
});

test('a read waits for the version it was asked to have, and says when that does not come', async () => {
  const { headers } = await api.get('agents/ann');
  const version = Number(headers.get('etag')?.slice(1, -1));
  const reading = api.get(`agents/ann?minVersion=${version + 1}`);
  const before = Number(await available());
  await api.post('agents/ann/deposits', { amount: '3' });
  expect(Number((await reading).body.available)).toBe(before + 3);
  const late = await api.get(`agents/ann?minVersion=${version + 1_000}`);
  expect(late).toMatchObject({ status: 503, body: { code: 'version-not-reached' } });
  expect(late.headers.get('retry-after')).toMatch(/^\d+$/);
});
