import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { readState, uncoveredText } from '../canonical/canonical.js';
import { checkEconomy } from '../ledger/audit.js';
import { prices } from '../markets/fixed-product.js';
import { classifyDomain } from '../orchestrator/classify.js';
import { fold, Simulation, textOf } from '../testing/simulation.js';
import { agentWith, given, LIMITS, timelineCreated } from '../testing/specification.js';
import { micro, type AgentId, type MarketId } from '../units.js';
import { touch } from '../yield/integrals.js';
import { Y } from '../yield/state.js';
import type { ImportLegacy } from './commands.js';
import type { LegacyFile } from './files.js';
import { readLegacyFiles } from './read.js';

const directory = new URL('../../../test/fixtures/legacy-state/', import.meta.url);
const files: readonly LegacyFile[] = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, text: readFileSync(new URL(name, directory), 'utf8') }));
const UTC = { utcOffsetMinutes: 0 };
const LAST_PAYOUT_MS = 1_795_383_740_734;

function commandFrom(from: readonly LegacyFile[]): ImportLegacy {
  const reading = readLegacyFiles(from, UTC);
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.command;
}

function problemsOf(from: readonly LegacyFile[]) {
  const reading = readLegacyFiles(from, UTC);
  return 'problems' in reading ? reading.problems : [];
}

describe('the directory of the replaced system, whole', () => {
  const START_MS = LAST_PAYOUT_MS + 86_400_000;
  const simulation = new Simulation();
  simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: START_MS });
  const decision = simulation.run(commandFrom(files));
  const { state } = simulation;
  const source = (name: string) => JSON.parse(files.find((file) => file.name === name)?.text ?? '').data;

  test('is imported by one command, at the time of the import', () => {
    expect(decision.kind).toBe('accepted');
    expect(simulation.log.every(({ atMs }) => atMs === START_MS)).toBe(true);
    expect(checkEconomy(state)).toEqual([]);
  });

  test('every stake goes from issuance to staked', () => {
    const stakes: Record<string, number> = source('economy_state.json').stakes;
    for (const [id, units] of Object.entries(stakes)) {
      expect(state.agents.get(id)).toMatchObject({ available: 0n, staked: BigInt(Math.round(units * 1_000_000)) });
    }
    expect(state.yieldAccount).toMatchObject({ totalStaked: 97_336_780_000n, stakers: 28, apyPpm: 50_000 });
    expect(state.agents.size).toBe(Object.keys(stakes).length + 1);
  });

  test('every market comes with its terms, volume, virality and pools; `legacy` holds the other side', () => {
    const markets: Record<string, Record<string, number>> = source('markets.json');
    expect(state.markets.size).toBe(40);
    for (const [id, row] of Object.entries(markets)) {
      const pools = ['yes_shares', 'no_shares'].map((name) => BigInt(Math.round((row[name] ?? 0) * 1e6)));
      const market = state.markets.get(id);
      const liquidity = pools.reduce((a, b) => (a > b ? a : b));
      expect(market).toMatchObject({
        terms: { marketId: id, title: row['title'], domain: row['domain'], duration: row['duration'], liquidity },
        phase: { status: 'open' },
        pools,
        escrow: liquidity,
        volume: BigInt(Math.round((row['total_volume'] ?? 0) * 1e6)),
      });
      expect(market?.terms.viralityTenths).toBe(Math.round((row['virality_score'] ?? 0) * 10));
      const held = state.holdings.get(`${id}/legacy`)?.shares ?? [0n, 0n];
      expect(pools.map((pool, i) => pool + (held[i] ?? 0n))).toEqual([liquidity, liquidity]);
    }
    expect(state.markets.get('MKT_000000000001_micro')?.terms).toMatchObject({
      eventId: '000000000001',
      createdAtMs: 1_795_383_738_174,
      expiresAtMs: 1_795_470_138_174,
    });
  });

  test('the old odds are the prices', () => {
    const markets: Record<string, { outcome_odds: Record<string, number> }> = source('markets.json');
    for (const [id, { outcome_odds: odds }] of Object.entries(markets)) {
      const [yes = 0] = prices(state.markets.get(id)?.pools ?? []);
      expect(Math.abs(yes - (odds['YES'] ?? 0) * 1e6)).toBeLessThan(2);
    }
  });

  test('the money supply is the stakes and the escrows', () => {
    const escrows = state.markets.sortedIds().reduce((sum, id) => sum + (state.markets.get(id)?.escrow ?? 0n), 0n);
    expect(0n - state.ledger.issuance).toBe(97_336_780_000n + escrows);
  });

  test('stats, world and the source files come along; what had been distributed is credited to nobody', () => {
    expect(state.stats).toEqual({ eventsProcessed: 40, marketsCreated: 40, marketsAutoCreated: 11 });
    expect(state.world).toEqual({
      globalTensionPpm: 350_000,
      recentReasoning: 'Sanctions talks resumed; markets calmed.',
      eventLog: ['System initialized.', 'NATO talks resume', 'BTC crosses 100k'],
    });
    expect(state.documents.sortedIds()).toEqual(files.map(({ name }) => `legacy.${name}`).sort());
    for (const { name, text } of files) expect(state.documents.get(`legacy.${name}`)?.text).toBe(text);
    expect(state.yieldAccount).toMatchObject({ openingDistributed: 387n, distributed: 0n });
  });

  test('it is the same state by replay and from a snapshot', () => {
    expect(textOf(fold(simulation.log))).toBe(textOf(state));
    expect(textOf(readState(textOf(state), [...uncoveredText(state)].join('')))).toBe(textOf(state));
  });

  test('yield goes on from the last payout, once', () => {
    const later = new Simulation();
    later.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: START_MS });
    later.run(commandFrom(files));
    expect(later.run({ type: 'DistributeYield' })).toMatchObject({ events: [{ type: 'YieldDistributed' }] });
    expect(later.run({ type: 'DistributeYield' })).toMatchObject({ events: [] });
    later.run({ type: 'AdvanceClock', byMs: 3_600_000 });
    later.run({ type: 'ChangeApy', apyPpm: 80_000 });
    later.run({ type: 'AdvanceClock', byMs: 3_600_000 });
    later.run({ type: 'DistributeYield' });
    const growth = 50_000n * (86_400_000n + 3_600_000n) + 80_000n * 3_600_000n;
    expect(later.state.yieldAccount.distributed).toBe((97_336_780_000n * growth) / Y);
    const red = later.state.agents.get('Agent_Red');
    expect(red && touch(red, later.state.yieldAccount).credit).toBe((5_000_000_000n * growth) / Y);
    expect(checkEconomy(later.state)).toEqual([]);
  });

  test('a market that ended before the import closes at once, and can be resolved', () => {
    const later = fold(simulation.log);
    const marketId = 'MKT_000000000001_micro' as MarketId;
    const spec = given(...simulation.log);
    const closing = spec.when({ type: 'AdvanceClock', byMs: 1 }).decision;
    expect(closing).toMatchObject({
      events: expect.arrayContaining([expect.objectContaining({ type: 'MarketClosed' })]),
    });
    const { state: resolved } = spec.when({ type: 'ResolveMarket', marketId, outcome: 'YES' });
    expect(checkEconomy(resolved)).toEqual([]);
    const yes = later.holdings.get(`${marketId}/legacy`)?.shares[0];
    expect(resolved.agents.get('legacy')?.available).toBe(yes);
  });

  test('the old domains are those of today', () => {
    const differing = state.markets.sortedIds().filter((id) => {
      const terms = state.markets.get(id)?.terms;
      return terms !== undefined && classifyDomain(`${terms.title} ${terms.description}`) !== terms.domain;
    });
    expect(differing).toEqual([]);
  });
});

describe('a file', () => {
  const market = {
    id: 'm1',
    title: 'T',
    status: 'OPEN',
    created_at: '2026-11-22T00:00:00',
    expires_at: '2026-11-23T00:00:00',
    yes_shares: 5,
    no_shares: 7.25,
  };
  const economy = { last_payout: 1.5, stakes: { a: 1 }, apy: 0.05 };
  const json = (name: string, content: unknown): LegacyFile => ({ name, text: JSON.stringify(content) });
  const markets = (differing: object) => [json('markets.json', { m1: { ...market, ...differing } })];

  test('without the wrapper is read too, and by its content under another name', () => {
    const wrapped = { _meta: { state_name: 'world' }, data: { global_tension: 1 } };
    const command = commandFrom([
      json('old_economy.json', economy),
      json('old_markets.json', { m1: market }),
      json('old_stats.json', { events_processed: 1, markets_created: 2, markets_auto_created: 3 }),
      json('old_world.json', wrapped),
      json('agent_memory.json', { anything: [1] }),
    ]);
    expect(command).toMatchObject({
      economy: { lastPayoutMs: 1_500, totalDistributed: 0n, stakes: [{ agentId: 'a', amount: 1_000_000n }] },
      markets: [{ marketId: 'm1', eventId: null, pools: [5_000_000n, 7_250_000n], viralityTenths: null, volume: 0n }],
      stats: { eventsProcessed: 1, marketsCreated: 2, marketsAutoCreated: 3 },
      world: { globalTensionPpm: 1_000_000, recentReasoning: '', eventLog: [] },
    });
    expect(command.documents.map(({ name }) => name)).toContain('legacy.agent_memory.json');
  });

  test('of the usual name counts, whatever else looks like it; two unusual ones are named', () => {
    const both = [json('economy_state.json', economy), json('copy.json', { ...economy, apy: 1 })];
    expect(commandFrom(both).economy?.apyPpm).toBe(50_000);
    const unusual = [json('a.json', economy), json('b.json', economy)];
    expect(problemsOf(unusual)).toEqual([{ file: 'b.json', detail: 'holds economy, and so does a.json' }]);
  });

  test('that is cut off anywhere is named, and nothing is imported', () => {
    for (const { name, text } of files) {
      const half = files.map((file) => (file.name === name ? { name, text: text.slice(0, text.length / 2) } : file));
      expect(problemsOf(half)).toEqual([{ file: name, detail: expect.stringContaining('is not whole JSON') }]);
    }
    expect(problemsOf([{ name: 'markets.json', text: '' }])).toHaveLength(1);
    expect(problemsOf([{ name: 'world_state.json', text: '{"global_tension": NaN}' }])).toHaveLength(1);
    expect(problemsOf([])).toHaveLength(1);
  });

  test.each<[string, readonly LegacyFile[], string]>([
    ['a wrapper without data', [json('markets.json', { _meta: {} })], 'has a _meta wrapper without data'],
    ['a list for an object', [json('markets.json', [])], 'holds no object'],
    ['a market that is none', [json('markets.json', { m1: 7 })], 'm1: is no object'],
    ['another key than id', [json('markets.json', { m2: market })], 'm2.id: "m1" stands under the key "m2"'],
    ['an id that is none', markets({ event_id: 'a b' }), 'm1.event_id: "a b" is no event id'],
    ['an unknown status', markets({ status: 'MAYBE' }), 'm1.status: "MAYBE" is none of open, closed, resolved'],
    ['an unknown domain', markets({ domain: 'magic' }), 'm1.domain: "magic" is none of'],
    ['a date that is none', markets({ expires_at: 'soon' }), 'm1.expires_at: "soon" is no date'],
    ['a missing date', markets({ expires_at: null }), 'm1.expires_at: is missing'],
    ['text for a number', markets({ yes_shares: '5' }), 'm1.yes_shares: is no number'],
    ['a number for text', markets({ title: 5 }), 'm1.title: is no text'],
    ['half a surrogate pair', markets({ title: '\ud800' }), 'm1.title has half of a surrogate pair'],
    ['a virality over 100', markets({ virality_score: 100.1 }), 'm1.virality_score: is out of range'],
    ['one market twice', [{ name: 'markets.json', text: '{"m1": {"a": 1}, "m1": {"a": 2}}' }], 'm1 stands there twice'],
    ['three outcomes', markets({ outcomes: ['A', 'B', 'C'] }), 'm1.outcomes: are not two different ones'],
    ['outcomes that are none', markets({ outcomes: 'YES' }), 'm1.outcomes: is no list'],
    [
      'an agent id that is none',
      [json('economy_state.json', { ...economy, stakes: { 'A B': 1 } })],
      'stakes.A B: is no',
    ],
    ['a negative stake', [json('economy_state.json', { ...economy, stakes: { a: -1 } })], 'stakes.a: is out of range'],
    ['no last payout', [json('economy_state.json', { ...economy, last_payout: null })], 'last_payout: is missing'],
    ['a huge number', [json('economy_state.json', { ...economy, apy: 1e300 })], 'apy: is out of range'],
    ['a name that is none', [json('my file.json', {})], 'its name is no document name'],
  ])('with %s is named', (_what, from, detail) => {
    expect(problemsOf(from)).toEqual([{ file: from[0]?.name, detail: expect.stringContaining(detail) }]);
  });

  test('with several faults is named with all of them', () => {
    expect(problemsOf([json('orchestrator_stats.json', { events_processed: -1 })])).toHaveLength(3);
  });

  test('has its last payout rounded up to the ms, so that no time is paid twice', () => {
    const from = (seconds: number) => commandFrom([json('economy_state.json', { ...economy, last_payout: seconds })]);
    expect(from(1.0001).economy?.lastPayoutMs).toBe(1_001);
    expect(from(1.001).economy?.lastPayoutMs).toBe(1_001);
  });

  test('has its naive times at the offset that was told', () => {
    const reading = readLegacyFiles(markets({}), { utcOffsetMinutes: 60 });
    expect('command' in reading && reading.command.markets[0]?.createdAtMs).toBe(1_795_305_600_000 - 3_600_000);
  });

  test('with a pool of 0 or less brings its market in closed, with an empty pool', () => {
    for (const yes of [0, -3.5, -0]) {
      const { state } = given(timelineCreated()).when(commandFrom(markets({ yes_shares: yes })));
      expect(state.markets.get('m1')).toMatchObject({ phase: { status: 'closed' }, pools: [0n, 7_250_000n] });
      expect(state.holdings.get('m1/legacy')?.shares).toEqual([7_250_000n, 0n]);
      expect(checkEconomy(state)).toEqual([]);
    }
    const { state } = given(timelineCreated()).when(commandFrom(markets({ yes_shares: -1, no_shares: -1 })));
    expect(state.markets.get('m1')).toMatchObject({ phase: { status: 'closed' }, escrow: 0n });
    expect(checkEconomy(state)).toEqual([]);
  });

  test('with a settled market brings it in closed: the old system paid nobody', () => {
    expect(commandFrom(markets({ status: 'RESOLVED' })).markets[0]?.status).toBe('closed');
  });
});

describe('an import is refused', () => {
  const command = commandFrom(files);
  const nowMs = LAST_PAYOUT_MS;
  const fresh = given(timelineCreated());

  test('before the last payout', () => {
    fresh.when(command, { nowMs: nowMs - 1 }).thenRefused('import-invalid');
    expect(fresh.when(command, { nowMs }).decision.kind).toBe('accepted');
  });

  test('into a timeline in which something happened', () => {
    given(timelineCreated(), ...agentWith('ana', micro(1n)))
      .when(command, { nowMs })
      .thenRefused('import-invalid');
    const twice = fresh.when(command, { nowMs }).decision;
    if (twice.kind !== 'accepted') throw new Error(twice.kind);
    given(timelineCreated(), ...twice.events)
      .when(command)
      .thenRefused('import-invalid');
  });

  test('with something in it twice, or a staker of the reserved id', () => {
    const [market] = command.markets;
    const stake = { agentId: 'legacy' as AgentId, amount: micro(1n) };
    if (market === undefined || command.economy === null) throw new Error('nothing to import');
    fresh.when({ ...command, markets: [market, market] }, { nowMs }).thenRefused('import-invalid');
    fresh
      .when({ ...command, economy: { ...command.economy, stakes: [stake] } }, { nowMs })
      .thenRefused('import-invalid');
    fresh.when({ ...command, markets: [{ ...market, pools: [] }] }, { nowMs }).thenRefused('import-invalid');
  });

  test('with more documents than the timeline may keep', () => {
    fresh.when(command, { nowMs, limits: { ...LIMITS, documentsMax: 3 } }).thenRefused('document-limit-reached');
    fresh.when(command, { nowMs, limits: { ...LIMITS, documentBytesMax: 99 } }).thenRefused('document-limit-reached');
  });

  test('also after the rate was changed the stakes accrue from the last payout only', () => {
    const spec = given(timelineCreated({ startAtMs: nowMs }), {
      type: 'ApyChanged',
      data: { apyPpm: 7 },
      atMs: nowMs + 1_000_000,
    });
    const { state } = spec.when(command);
    expect(checkEconomy(state)).toEqual([]);
  });
});
