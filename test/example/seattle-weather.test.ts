import { describe, expect, test } from '@jest/globals';
import { checkEconomy } from '#domain';
import { readCalendar, rained } from '../../examples/seattle-weather/calendar.js';
import { parseOptions, type Options } from '../../examples/seattle-weather/options.js';
import { drawsOf } from '../../examples/seattle-weather/random.js';
import { enrol, parseStrategyChange } from '../../examples/seattle-weather/roster.js';
import { run, type Run } from '../../examples/seattle-weather/run.js';
import { SeedClient, Unanswered } from '../../examples/seattle-weather/seed-client.js';
import { strategyNamed, type StrategyName } from '../../examples/seattle-weather/strategies.js';
import { InProcessServer, type Fate } from './in-process-server.js';

const FOUR_YEARS: Options = {
  server: 'http://seed',
  timeline: 'SEATTLE',
  seed: 1,
  days: 1_461,
  changes: [],
  fork: null,
};
const WEEKS: Options = { ...FOUR_YEARS, days: 40 };

const quiet = { isTTY: false, write: () => {} };

const drive = (server: Pick<InProcessServer, 'fetch'>, options: Options): Promise<Run> =>
  run(options, { output: quiet, screen: quiet, color: false, fetch: server.fetch });

async function hashAfter(options: Options): Promise<string> {
  const server = new InProcessServer();
  await drive(server, options);
  return server.stateHash;
}

/** What each strategy won less what it wagered, all its bots together. */
function profits({ ledger }: Run['result']): ReadonlyMap<StrategyName, bigint> {
  const totals = new Map<StrategyName, bigint>();
  for (const { id, strategyOn } of enrol([])) {
    const strategy = strategyOn('2012-01-01');
    const { won, wagered } = ledger.account(id);
    totals.set(strategy, (totals.get(strategy) ?? 0n) + won - wagered);
  }
  return totals;
}

/** The bets that the crowd sends on the first day, as [bot, outcome, amount]. */
async function firstCrowd(options: Options): Promise<readonly (readonly string[])[]> {
  const server = new InProcessServer();
  let body = '';
  const listening: typeof fetch = async (url, init) => {
    const key = new Headers(init?.headers).get('idempotency-key') ?? '';
    if (key.endsWith('2012-01-01/crowd')) body = init?.body as string;
    return server.fetch(url, init);
  };
  await drive({ fetch: listening }, options);
  const { commands } = JSON.parse(body) as { commands: { data: Record<string, string> }[] };
  return commands.map(({ data }) => [data['agentId'] ?? '', data['outcome'] ?? '', data['amount'] ?? '']);
}

const without = (bot: string, bets: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  bets.filter(([agentId]) => agentId !== bot);

describe('four years of weather', () => {
  test('the informed earn and the others lose', async () => {
    const server = new InProcessServer();
    const { result, accuracy, audit } = await drive(server, FOUR_YEARS);
    expect(result.forecasts).toHaveLength(1_460);
    expect(server.state.marketCounts).toEqual({ open: 0, closed: 0, resolved: 1_460, void: 0 });
    expect(server.state.stats).toEqual({ eventsProcessed: 1_460, marketsCreated: 1_460, marketsAutoCreated: 0 });
    expect(result.bets).toBeGreaterThan(60 * 1_460);
    expect(audit.differences).toEqual([]);
    expect(checkEconomy(server.state)).toEqual([]);
    expect(audit.yieldDistributed).toBeGreaterThan(0n);
    expect(accuracy.baseRate).toBeCloseTo(623 / 1_460);
    expect(accuracy.brier).toBeLessThan(0.8 * accuracy.baseRateBrier);
    for (const [strategy, profit] of profits(result)) {
      expect([strategy, profit > 0n]).toEqual([strategy, strategyNamed(strategy).informed]);
    }
  }, 180_000);

  test('the calendar is whole, and rain is any precipitation', async () => {
    const calendar = await readCalendar();
    expect(calendar).toHaveLength(1_461);
    expect([calendar[0]?.date, calendar.at(-1)?.date]).toEqual(['2012-01-01', '2015-12-31']);
    expect(calendar.slice(1).filter(rained)).toHaveLength(623);
  });
});

describe('what the driver does again has no other effect', () => {
  test('lost requests and lost replies leave no trace', async () => {
    const fates: readonly Fate[] = ['lost before', 'lost after', 'unavailable'];
    const draw = drawsOf({ seed: 7, bot: 0, day: 0 });
    const server = new InProcessServer(() => (draw() < 0.06 ? (fates[Math.floor(draw() * 3)] ?? 'served') : 'served'));
    await drive(server, WEEKS);
    expect(Math.min(...fates.map((fate) => server.faults[fate]))).toBeGreaterThan(0);
    expect(server.stateHash).toBe(await hashAfter(WEEKS));
  });

  test('a driver started again goes on where the first one ended', async () => {
    const server = new InProcessServer();
    const end = new Response(JSON.stringify({ code: 'stopped' }), { status: 400 });
    const dying: typeof fetch = async (...request) => (server.requests < 77 ? server.fetch(...request) : end);
    await expect(drive({ fetch: dying }, WEEKS)).rejects.toMatchObject({ code: 'stopped' });
    const halfWay = server.version;
    await drive(server, WEEKS);
    expect(halfWay).toBeGreaterThan(0);
    expect(server.stateHash).toBe(await hashAfter(WEEKS));
  });

  test('a longer run goes on from a shorter one', async () => {
    const server = new InProcessServer();
    await drive(server, { ...WEEKS, days: 15 });
    await drive(server, WEEKS);
    expect(server.stateHash).toBe(await hashAfter(WEEKS));
  });

  test('another seed on the same timeline is rejected before it changes anything', async () => {
    const server = new InProcessServer();
    await drive(server, { ...WEEKS, days: 5 });
    const before = server.stateHash;
    await expect(drive(server, { ...WEEKS, seed: 2 })).rejects.toMatchObject({ code: 'key-reused' });
    expect(server.stateHash).toBe(before);
  });

  test('a batch that was cut off is sent again until all of it is answered', async () => {
    const server = new InProcessServer();
    let cuts = 0;
    const cutting: typeof fetch = async (...request) => {
      const reply = (await (await server.fetch(...request)).json()) as { results?: unknown[] };
      if (reply.results === undefined || server.requests % 20 !== 0) return new Response(JSON.stringify(reply));
      cuts += 1;
      return new Response(JSON.stringify({ ...reply, results: reply.results.slice(1) }));
    };
    await drive({ fetch: cutting }, WEEKS);
    expect(cuts).toBeGreaterThan(0);
    expect(server.stateHash).toBe(await hashAfter(WEEKS));
  });

  test('a server that stays away is given up on', async () => {
    const client = new SeedClient({
      url: 'http://seed',
      fetch: new InProcessServer(() => 'lost before').fetch,
      patienceMs: 200,
    });
    await expect(client.post('/v1/timelines', { key: 'k', body: {} })).rejects.toThrow(Unanswered);
  });
});

test('a server that is wrong by one micro-unit is found out', async () => {
  const server = new InProcessServer();
  const wrong: typeof fetch = async (...request) => {
    const reply = (await (await server.fetch(...request)).json()) as { moneySupply?: string };
    return new Response(
      JSON.stringify(reply.moneySupply === undefined ? reply : { ...reply, moneySupply: '1.000001' }),
    );
  };
  const { audit } = await drive({ fetch: wrong }, { ...WEEKS, days: 3 });
  expect(audit.differences).toHaveLength(1);
  expect(audit.differences[0]).toContain('the money supply is 1.000001 and should be');
});

describe('seeds and strategies', () => {
  test('the same seed comes to the same state, another seed to another', async () => {
    const hash = await hashAfter(WEEKS);
    expect(await hashAfter({ ...WEEKS, timeline: 'ELSEWHERE' })).toBe(hash);
    expect(await hashAfter({ ...WEEKS, seed: 2 })).not.toBe(hash);
  });

  test('a bot that changes its strategy changes no other bot’s draws', async () => {
    const changed = { ...WEEKS, days: 2, changes: [parseStrategyChange('bot-011=optimist')] };
    const [before, after] = [await firstCrowd({ ...WEEKS, days: 2 }), await firstCrowd(changed)];
    expect(after).not.toEqual(before);
    expect(without('bot-011', after)).toEqual(without('bot-011', before));
  });

  test('a change from a date on leaves what came before as it was', async () => {
    const server = new InProcessServer();
    await drive(server, { ...WEEKS, days: 10 });
    const changes = [parseStrategyChange('bot-007=noise@2012-01-10')];
    await drive(server, { ...WEEKS, changes });
    expect(server.stateHash).not.toBe(await hashAfter(WEEKS));
  });

  test('a strategy or a bot that does not exist is refused by name', () => {
    expect(() => parseStrategyChange('bot-007=oracle')).toThrow('There is no strategy oracle');
    expect(() => enrol([parseStrategyChange('bot-101=noise')])).toThrow('There is no bot-101');
    expect(() => parseStrategyChange('7=noise')).toThrow('--strategy is like');
  });
});

test('the command line has defaults, and names what is wrong', () => {
  expect(parseOptions([], {})).toEqual({ ...FOUR_YEARS, server: 'http://127.0.0.1:8000' });
  expect(parseOptions(['--days', '30', '--timeline', 'T'], { SEED_URL: 'http://127.0.0.1:9' })).toEqual({
    ...{ server: 'http://127.0.0.1:9', timeline: 'T', seed: 1, days: 30, changes: [], fork: null },
  });
  expect(parseOptions(['--help'], {})).toBeNull();
  expect(parseOptions(['--fork', 'SEATTLE@2013-01-01'], {})).toMatchObject({
    fork: { parent: 'SEATTLE', label: '2013-01-01' },
  });
  expect(() => parseOptions(['--fork', 'SEATTLE'], {})).toThrow('--fork is like SEATTLE@2013-01-01, not SEATTLE');
  expect(() => parseOptions(['--days', '1462'], {})).toThrow('--days is a whole number from 2 to 1461, not 1462');
});
