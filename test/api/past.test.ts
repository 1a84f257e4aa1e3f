import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestApi, type Reply, type TestApi } from './api.js';

let api: TestApi;
/** Of the timeline T, where nothing happens any more: its events and the state hash at the head. */
let events: Reply['body'][];

const body = async (path: string): Promise<Reply['body']> => {
  const reply = await api.get(path);
  if (reply.status !== 200) throw new Error(`${path} → ${reply.status} ${reply.text}`);
  return reply.body;
};

const give = async (timeline: string, ...commands: readonly [string, object][]): Promise<void> => {
  for (const [path, sent] of commands) {
    const { status, text } = await api.post(`/v1/timelines/${timeline}/${path}`, sent);
    if (status >= 300) throw new Error(`${path} → ${status} ${text}`);
  }
};

/** A market on which two agents bet, and yield that is distributed. */
const life: readonly [string, object][] = [
  ['agents', { agentId: 'ann', deposit: '1000' }],
  ['agents', { agentId: 'ben', deposit: '1000' }],
  ['agents/ann/stakes', { amount: '400' }],
  ['markets', { marketId: 'm', title: 'Rain?', expiresAt: '1980-01-01T00:00:00Z' }],
  ['clock/advance', { byMs: 3_600_000 }],
  ['markets/m/bets', { agentId: 'ann', outcome: 'YES', amount: '50' }],
  ['markets/m/bets', { agentId: 'ben', outcome: 'NO', amount: '80' }],
  ['clock/advance', { byMs: 86_400_000 }],
  ['yield/distributions', {}],
  ['markets/m/bets', { agentId: 'ann', outcome: 'YES', amount: '20' }],
  ['markets/m/resolve', { outcome: 'YES' }],
];

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
  await give('T', ...life);
  events = (await body('events?limit=1000')).items;
});

afterAll(() => api.stop());

const versionOf = (type: string, nth = 0): number => events.filter((event) => event.type === type)[nth].version;
const problemOf = async (path: string) => {
  const { status, body: problem } = await api.get(path);
  return [status, problem.code];
};

describe('the state at a version or time', () => {
  test('is that of the head where none is given, and the same at the head’s own version and time', async () => {
    const head = await body('state');
    expect(await body(`state?at=${head.version}`)).toEqual(head);
    expect(await body(`state?at=${head.at}`)).toEqual(head);
    expect(await body('state?at=9999-01-01T00:00:00Z')).toEqual(head);
    const { version: _, ...full } = await body(`state?at=${head.version}&full=true`);
    expect(full).toEqual({ ...full, stateHash: head.stateHash, counts: head.counts });
  });

  test('has its own hash, time, money and ETag', async () => {
    const reply = await api.get('state?at=3');
    expect(reply.headers.get('etag')).toBe('"3"');
    expect(reply.body).toMatchObject({
      timeline: 'T',
      version: 3,
      at: '1970-01-01T00:00:00.000Z',
      moneySupply: '1000',
      counts: { agents: 1, markets: 0 },
    });
    const full = await body('state?at=3&full=true');
    expect(full).toMatchObject({ ...reply.body, agents: [{ agentId: 'ann', available: '1000' }] });
  });

  test('of one agent and one market is as the live views were then', async () => {
    const before = versionOf('BetPlaced') - 1;
    expect(await body(`state/agents/ann?at=${before}`)).toMatchObject({
      timeline: 'T',
      version: before,
      at: '1970-01-01T01:00:00.000Z',
      ...{ agentId: 'ann', available: '600', staked: '400', yieldPending: '0.002283', positions: [] },
    });
    expect(await body(`state/agents/ann?at=1970-01-01T01:00:00Z`)).toMatchObject({
      available: '550',
      positions: [{ marketId: 'm', outcome: 'YES' }],
    });
    const market = await body(`state/markets/m?at=${before}`);
    expect(market).toMatchObject({
      version: before,
      status: 'open',
      volume: '0',
      outcomes: [{ price: '0.5' }, { price: '0.5' }],
    });
    const { timeline, version, at, ...now } = await body('state/markets/m');
    expect({ timeline, version, at }).toEqual({ timeline: 'T', version: events.length, at: events.at(-1).at });
    expect(now).toEqual(await body('markets/m'));
  });

  test('is not there before the first event, ahead of the head, or for what was not there yet', async () => {
    await api.createVirtual('Late', { startAt: '2000-01-01T00:00:00Z' });
    expect(await problemOf('/v1/timelines/Late/state?at=1999-12-31T23:59:59.999Z')).toEqual([404, 'state-unknown']);
    expect(await problemOf('state?at=0')).toEqual([404, 'state-unknown']);
    expect(await problemOf('state?at=1000')).toEqual([409, 'version-ahead']);
    expect(await problemOf('state/agents/ann?at=1')).toEqual([404, 'agent-unknown']);
    expect(await problemOf('state/markets/m?at=3')).toEqual([404, 'market-unknown']);
    expect(await problemOf('/v1/timelines/Nowhere/state?at=1')).toEqual([404, 'timeline-unknown']);
  });

  test('nonsense is refused', async () => {
    for (const at of ['yesterday', '-1', '1.5', '01', '2001-02-29T00:00:00Z', '1999-01-01T00:00', '']) {
      for (const path of ['state', 'state/agents/ann', 'state/markets/m']) {
        expect([at, ...(await problemOf(`${path}?at=${at}`))]).toEqual([at, 400, 'malformed-input']);
      }
    }
    expect(await problemOf('state/step')).toEqual([400, 'malformed-input']);
    expect(await problemOf('markets/m/prices?points=1')).toEqual([400, 'malformed-input']);
    expect(await problemOf('markets/m/prices?from=5&to=4')).toEqual([400, 'malformed-input']);
    expect(await problemOf('agents/ann/balances?from=1970-01-01T02:00:00Z&to=2')).toEqual([400, 'malformed-input']);
    expect(await problemOf('compare/T?cursor=abc')).toEqual([400, 'malformed-input']);
  });
});

describe('a step', () => {
  test('shows what a bet did to every account and position', async () => {
    const version = versionOf('BetPlaced');
    const step = await body(`state/step?version=${version}`);
    expect(step).toMatchObject({
      timeline: 'T',
      version,
      at: '1970-01-01T01:00:00.000Z',
      event: { type: 'BetPlaced', data: { agentId: 'ann', outcome: 'YES', amount: '50' } },
      accounts: [
        { account: 'agent:ann:available', before: '600', after: '550', change: '-50' },
        { account: 'market:m:escrow', before: '1000' },
        { account: 'market:m:fees', before: '0', after: '1.5', change: '1.5' },
      ],
      positions: [{ marketId: 'm', agentId: 'ann', outcome: 'YES', before: '0' }],
    });
    expect(step.stateHash).toEqual({
      before: (await body(`state?at=${version - 1}`)).stateHash,
      after: (await body(`state?at=${version}`)).stateHash,
    });
    const market = step.other.find(({ section }: { section: string }) => section === 'markets');
    expect(market).toMatchObject({ id: 'm', before: { volume: '0' }, after: { volume: '50' } });
    expect(market.before.prices).toEqual(['0.5', '0.5']);
  });

  test('can be taken through the whole log, each beginning where the last ended', async () => {
    let hash: string | undefined;
    for (const { version } of events) {
      const { stateHash, accounts } = await body(`state/step?version=${version}`);
      expect(stateHash.before).toBe(hash ?? stateHash.before);
      const sum = accounts.reduce((total: number, { change }: { change: string }) => total + Number(change), 0);
      expect(sum).toBeCloseTo(0, 5);
      hash = stateHash.after;
    }
    expect(hash).toBe((await body('state')).stateHash);
    expect(await problemOf(`state/step?version=${events.length + 1}`)).toEqual([409, 'version-ahead']);
  });
});

describe('series', () => {
  test('a market’s prices, from its creation to the head', async () => {
    const series = await body('markets/m/prices');
    expect(series).toMatchObject({
      ...{
        timeline: 'T',
        marketId: 'm',
        from: versionOf('MarketCreated'),
        to: events.length,
        total: 4,
        sampled: false,
      },
    });
    expect(series.points.map(({ version, volume }: Reply['body']) => [version, volume])).toEqual([
      [versionOf('MarketCreated'), '0'],
      [versionOf('BetPlaced', 0), '50'],
      [versionOf('BetPlaced', 1), '130'],
      [versionOf('BetPlaced', 2), '150'],
    ]);
    for (const { version, at, prices } of series.points) {
      const { outcomes, at: then } = await body(`state/markets/m?at=${version}`);
      expect(prices).toEqual(outcomes.map(({ name, price }: Reply['body']) => ({ name, price })));
      expect(at).toBe(then);
    }
  });

  test('an agent’s balances, with what a distribution paid, which is no change of its own', async () => {
    const { points, total, sampled } = await body('agents/ann/balances');
    expect({ total, sampled }).toEqual({ total: points.length, sampled: false });
    expect(points.map(({ version }: Reply['body']) => version)).toContain(versionOf('YieldDistributed'));
    for (const { version, available, staked } of points) {
      expect(await body(`state/agents/ann?at=${version}`)).toMatchObject({ available, staked });
    }
    expect(points.at(-1)).toMatchObject({ available: (await body('agents/ann')).available });
  });

  test('between moments, and by fewer points than there are', async () => {
    const from = versionOf('BetPlaced', 1);
    const part = await body(`markets/m/prices?from=${from - 1}&to=${from}`);
    expect(part.points.map(({ version }: Reply['body']) => version)).toEqual([from - 1, from]);
    const few = await body('agents/ann/balances?points=2');
    expect(few).toMatchObject({ sampled: true, points: [{ version: 2 }, {}] });
    expect(few.total).toBeGreaterThan(2);
    const reply = await api.get('agents/ann/balances?to=1970-01-01T00:00:00Z');
    expect(reply.headers.get('etag')).toBe(`"${reply.body.to}"`);
    expect(reply.body.points.at(-1)).toMatchObject({ available: '600', staked: '400' });
  });

  test('of nobody and nothing', async () => {
    expect(await problemOf('agents/nobody/balances')).toEqual([404, 'agent-unknown']);
    expect(await problemOf('markets/none/prices?from=2')).toEqual([404, 'market-unknown']);
    expect(await problemOf('agents/ann/balances?to=1')).toEqual([404, 'agent-unknown']);
    expect(await problemOf('agents/ann/balances?to=1000')).toEqual([409, 'version-ahead']);
  });
});

describe('compare', () => {
  const fork = (name: string, at: number, parent = 'T') => api.post(`/v1/timelines/${parent}/forks`, { name, at });

  test('a fork rerun with nothing changed: no differences, no diverging event, one hash', async () => {
    const at = versionOf('MarketCreated');
    await fork('Same', at);
    await give('Same', ...life.slice(4));
    const compared = await body('compare/Same');
    expect(compared).toMatchObject({
      left: { timeline: 'T', version: events.length },
      right: { timeline: 'Same', version: events.length + 1 },
      ancestor: { timeline: 'T', version: at },
      firstDivergence: null,
      differences: { items: [], nextCursor: null },
    });
    expect(compared.left.stateHash).toBe(compared.right.stateHash);
  });

  test('one bet changed: the very event on each side, and what came of it', async () => {
    await fork('Other', versionOf('MarketCreated'));
    const changed = life.slice(4);
    changed[2] = ['markets/m/bets', { agentId: 'ben', outcome: 'NO', amount: '81' }];
    await give('Other', ...changed);
    const { firstDivergence, differences } = await body('compare/Other');
    const version = versionOf('BetPlaced', 1);
    expect(firstDivergence).toMatchObject({
      version,
      left: { version, type: 'BetPlaced', data: { outcome: 'NO', amount: '80' } },
      right: { version: version + 1, type: 'BetPlaced', data: { outcome: 'NO', amount: '81' } },
    });
    const ben = differences.items.find(({ section, id }: Reply['body']) => section === 'agents' && id === 'ben');
    expect(Number(ben.left.available) - Number(ben.right.available)).toBeCloseTo(1, 6);
    expect(differences.items.map(({ section }: Reply['body']) => section)).toEqual(
      expect.arrayContaining(['supply', 'agents', 'markets']),
    );
  });

  test('pages are of the same two states while the timelines go on', async () => {
    await fork('Moving', 3);
    await give(
      'Moving',
      ...Array.from({ length: 6 }, (_, i) => ['agents', { agentId: `a${i}`, deposit: '5' }] as [string, object]),
    );
    const whole = await body('compare/Moving');
    const seen: unknown[] = [];
    let path: string | null = 'compare/Moving?limit=2';
    while (path !== null) {
      const { differences, ...heads }: Reply['body'] = await body(path);
      const { differences: _, ...expected } = whole;
      expect(heads).toEqual(expected);
      expect(differences.items.length).toBeLessThanOrEqual(2);
      seen.push(...differences.items);
      path = differences.nextCursor === null ? null : `compare/Moving?limit=2&cursor=${differences.nextCursor}`;
      await give('Moving', ['agents/a0/deposits', { amount: '1' }]);
    }
    expect(seen).toEqual(whole.differences.items);
    expect(seen.length).toBeGreaterThan(6);
  });

  test('with an unknown timeline, with itself, and with a stranger', async () => {
    expect(await problemOf('compare/Nowhere')).toEqual([404, 'timeline-unknown']);
    expect(await body('compare/T')).toMatchObject({ ancestor: { timeline: 'T' }, firstDivergence: null });
    await api.createVirtual('Stranger', { apy: '0.1' });
    expect(await body('compare/Stranger')).toMatchObject({
      ancestor: null,
      firstDivergence: { version: 1, left: { type: 'TimelineCreated' }, right: { type: 'TimelineCreated' } },
    });
  });
});

test('past states are counted', async () => {
  const metrics = await api.get('/metrics');
  expect(metrics.text).toMatch(/^seed_past_states_folding 0$/m);
  expect(metrics.text).toMatch(/^seed_past_states_kept \d+$/m);
});
