import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestApi, type Reply, type TestApi } from './api.js';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
});

afterAll(() => api.stop());

const at = (ms: number): string => new Date(ms).toISOString();

/** Commands on a timeline of their own, each of which must be accepted. */
function onTimeline(timeline: string) {
  const path = (rest: string): string => `/v1/timelines/${timeline}/${rest}`;
  const accepted = ({ status, text, body }: Reply): Reply['body'] => {
    if (status >= 300) throw new Error(text);
    return body;
  };
  return {
    post: async (rest: string, body?: unknown) => accepted(await api.post(path(rest), body)),
    put: async (rest: string, body?: unknown) => accepted(await api.call('PUT', path(rest), body)),
    get: async (rest: string) => accepted(await api.get(path(rest))),
  };
}

describe('the golden figures of the markets', () => {
  test('a bet of 100 buys 185.422971 shares, and selling them back pays 94.089999', async () => {
    const { post, get } = onTimeline('T');
    await post('agents', { agentId: 'ann', deposit: '1000' });
    await post('markets', { marketId: 'rain', title: 'Rain?', expiresAt: at(3_600_000) });
    const bet = await post('markets/rain/bets', { agentId: 'ann', outcome: 'YES', amount: '100' });
    expect(bet.result).toEqual({
      ...{ agentId: 'ann', marketId: 'rain', outcome: 'YES', amount: '100', fee: '3', shares: '185.422971' },
      ...{ priceBefore: '0.5', priceAfter: '0.546158' },
    });
    const market = await get('markets/rain');
    expect(market.outcomes).toEqual([
      { name: 'YES', price: '0.546158', pool: '911.577029' },
      { name: 'NO', price: '0.453842', pool: '1097' },
    ]);
    expect(market).toMatchObject({ status: 'open', volume: '100', fees: '3', escrow: '1097', resolution: null });
    const quote = await post('markets/rain/quotes', { side: 'sell', outcome: 'YES', shares: '185.422971' });
    expect(quote).toMatchObject({ payout: '94.089999', fee: '2.91' });
    const sale = await post('markets/rain/sales', { agentId: 'ann', outcome: 'YES', shares: '185.422971' });
    expect(sale.result).toMatchObject({ payout: '94.089999', fee: '2.91', shares: '185.422971' });
    expect(sale.result).not.toHaveProperty('amount');
    expect((await get('agents/ann')).available).toBe('994.089999');
  });

  test('without a fee it is 190.909090 shares', async () => {
    const { post } = onTimeline('T');
    await post('markets', { marketId: 'free', title: 'Free?', feeBps: 0, expiresAt: at(3_600_000) });
    const { result } = await post('markets/free/bets', { agentId: 'ann', outcome: 'YES', amount: '100' });
    expect(result).toMatchObject({ fee: '0', shares: '190.90909', priceAfter: '0.547511' });
  });

  test('prices of sixteen outcomes sum to exactly 1', async () => {
    const { post, get } = onTimeline('T');
    const outcomes = Array.from({ length: 16 }, (_, i) => `o${i}`);
    await post('markets', { marketId: 'many', title: 'Which?', outcomes, expiresAt: at(3_600_000) });
    await post('markets/many/bets', { agentId: 'ann', outcome: 'o7', amount: '33.333333' });
    const market = await get('markets/many');
    const sum = market.outcomes.reduce((total: number, { price }: { price: string }) => total + Number(price) * 1e6, 0);
    expect(Math.round(sum)).toBe(1_000_000);
  });
});

describe.each([
  ['every 10 s', 10_000],
  ['every 5 min', 300_000],
  ['once', 30_000_000],
])('yield distributed %s', (name, stepMs) => {
  test('credits 1.534393 and keeps the remainder, and the payouts sum to it', async () => {
    const timeline = `yield.${name.replaceAll(' ', '.')}`;
    await api.createVirtual(timeline);
    const { post, put, get } = onTimeline(timeline);
    const changes: readonly (readonly [number, () => Promise<unknown>])[] = [
      [0, () => post('agents/ann/stakes', { amount: '5000' })],
      [1_234_567, () => put('yield', { apy: '0.08' })],
      [9_876_543, () => post('agents/ann/stakes', { amount: '50000' })],
      [20_000_000, () => post('agents/ann/unstakes', { amount: '54900' })],
    ];
    await post('agents', { agentId: 'ann', deposit: '55000' });
    // One batch for all distributions up to a change, so that ten-second steps are quick.
    let nowMs = 0;
    const distributeUntil = async (untilMs: number): Promise<void> => {
      const commands: object[] = [];
      while (nowMs < untilMs) {
        nowMs = Math.min((Math.floor(nowMs / stepMs) + 1) * stepMs, untilMs);
        commands.push({ type: 'AdvanceClock', data: { to: at(nowMs) } });
        if (nowMs % stepMs === 0) commands.push({ type: 'DistributeYield' });
      }
      if (commands.length === 0) return;
      const { results } = await post('commands', { commands });
      expect(results.every(({ status }: { status: string }) => status === 'accepted')).toBe(true);
    };
    for (const [ms, change] of changes) {
      await distributeUntil(ms);
      await change();
    }
    await distributeUntil(30_000_000);
    const ann = await get('agents/ann');
    expect(ann).toMatchObject({ yieldEarned: '1.534393', yieldPending: '0', yieldRemainder: '25302000000000000' });
    expect(ann.available).toBe('54901.534393');
    expect(await sumOfPayouts(timeline)).toBe(1_534_393n);
    expect(await get('yield')).toMatchObject({ totalDistributed: '1.534393', lastPayout: at(30_000_000), stakers: 1 });
  });
});

async function sumOfPayouts(timeline: string): Promise<bigint> {
  let sum = 0n;
  let cursor: string | null = null;
  let version = 0;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await api.get(`/v1/timelines/${timeline}/agents/ann/payouts?limit=700${query}`);
    for (const payout of body.items) {
      expect(payout.version).toBeGreaterThan(version);
      version = payout.version;
      sum += BigInt(
        payout.amount
          .replace('0.', '')
          .padEnd(6, '0')
          .replace(/^(\d)\.(\d+)$/, '$1$2'),
      );
    }
    cursor = body.nextCursor;
  } while (cursor !== null);
  return sum;
}

describe('what clients see of a market', () => {
  test('past its time it is closed, and its automatic twin is named by the event', async () => {
    await api.createVirtual('world');
    const { post, get } = onTimeline('world');
    const viral = { sentiment: 1, socialVolume: 100_000, newsVelocity: 50, assetVolatility: 1 };
    const { result } = await post('world-events', { eventId: 'e1', title: 'Breaking', domain: 'sports', ...viral });
    expect(result).toEqual({
      ...{ eventId: 'e1', virality: '100.0', domain: 'sports', duration: 'micro', reaction: 'market' },
      ...{ marketId: 'MKT_e1_micro', marketRefused: null },
    });
    const again = await post('world-events', { eventId: 'e1', title: 'Breaking', domain: 'sports', ...viral });
    expect(again.result).toEqual(result);
    const gone = await api.post('/v1/timelines/world/markets', { eventId: 'gone', title: 'On what?' });
    expect(gone).toMatchObject({ status: 404, body: { code: 'event-unknown' } });
    const taken = await api.post('/v1/timelines/world/world-events', { eventId: 'e1', title: 'Other' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'event-id-taken' } });
    expect((await get('markets?status=open')).items).toHaveLength(1);
    const advanced = await post('clock/advance', { byMs: 86_400_000 });
    expect(advanced.result).toEqual({ now: at(86_400_000), closed: ['MKT_e1_micro'] });
    expect((await get('markets/MKT_e1_micro')).status).toBe('closed');
    expect((await get('markets?status=open')).items).toEqual([]);
    expect((await get('markets?status=closed&domain=sports')).items).toHaveLength(1);
  });

  test('a resolution pays by name or by weights, a void gives payments back', async () => {
    await api.createVirtual('ends');
    const { post, get } = onTimeline('ends');
    await post('agents', { agentId: 'ann', deposit: '100' });
    for (const marketId of ['a', 'b']) {
      await post('markets', { marketId, title: marketId, expiresAt: at(1_000_000) });
      await post(`markets/${marketId}/bets`, { agentId: 'ann', outcome: 'NO', amount: '10' });
    }
    expect((await get('agents/ann')).positions).toHaveLength(2);
    const resolved = await post('markets/a/resolve', { payout: [1, 3] });
    expect(resolved.result).toMatchObject({ marketId: 'a', payout: [1, 3], payouts: [{ agentId: 'ann' }] });
    const voided = await post('markets/b/void', { reason: 'never asked' });
    expect(voided.result).toMatchObject({ payouts: [{ agentId: 'ann', amount: '10' }], proRata: false });
    expect((await get('markets/a')).resolution).toMatchObject({ kind: 'resolved', payout: [1, 3], winner: null });
    expect((await get('markets/b')).resolution).toMatchObject({ kind: 'void', reason: 'never asked' });
    expect((await get('agents/ann')).positions).toEqual([]);
  });
});

test('lists go page by page in order of id, none twice and none left out', async () => {
  await api.createVirtual('lists');
  const { post, get } = onTimeline('lists');
  const ids = Array.from({ length: 25 }, (_, i) => `a${i}`);
  await post('commands', { commands: ids.map((agentId) => ({ type: 'RegisterAgent', data: { agentId } })) });
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Reply['body'] = await get(`agents?limit=10${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.items.map(({ agentId }: { agentId: string }) => agentId));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(ids.sort());
});

test('a timeline is shown all of one version, with its hash and what its state comes to', async () => {
  const { get, post } = onTimeline('lists');
  const { body: timeline } = await api.get('/v1/timelines/lists');
  const settings = { reactAt: '50.0', autoMarketAt: '80.0', tickSeconds: 10, liquidity: '1000', feeBps: 300 };
  const expected = { name: 'lists', status: 'active', clock: 'virtual', offsetMs: 0, parent: null, version: 26 };
  expect(timeline).toMatchObject({ ...expected, settings });
  const state = await get('state');
  expect(state).toMatchObject({ timeline: 'lists', version: 26, counts: { agents: 25 } });
  const full = await get('state?full=true');
  expect(full).toMatchObject(state);
  expect(full.agents).toHaveLength(25);
  expect(await post('snapshots')).toMatchObject({
    version: 26,
    stateHash: state.stateHash,
    chainHash: timeline.chainHash,
  });
  expect((await get('snapshots')).items).toHaveLength(1);
  expect((await api.get('/v1/timelines?limit=1')).body).toMatchObject({ items: [{ parent: null }] });
});

test('the files of the replaced system become a timeline', async () => {
  const economy = { apy: 0.05, last_payout: 1_700_000_000, total_distributed: 12.5, stakes: { ann: 100.25 } };
  const files = { 'economy_state.json': JSON.stringify(economy), 'memory.json': '{"a": 1}' };
  const reply = await api.post('/v1/admin/import-legacy', { timeline: 'old', files });
  expect(reply).toMatchObject({ status: 201, body: { result: { timeline: 'old', stakes: 1, documents: 2 } } });
  const { get } = onTimeline('old');
  expect(await get('yield')).toMatchObject({ totalStaked: '100.25', stakers: 1 });
  expect((await api.get('/v1/timelines/old/documents/legacy.memory.json')).text).toBe('{"a": 1}');
  const broken = await api.post('/v1/admin/import-legacy', { timeline: 'bad', files: { 'economy_state.json': '{' } });
  expect(broken).toMatchObject({
    status: 400,
    body: { code: 'import-invalid', errors: [{ pointer: '/files/economy_state.json' }] },
  });
  expect((await api.get('/v1/timelines/bad')).status).toBe(404);
});
