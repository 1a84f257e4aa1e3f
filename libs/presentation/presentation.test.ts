import { describe, expect, test } from '@jest/globals';
import { micro, pricesOf, State, ZERO, type AgentId, type Market, type MarketId } from '#domain';
import type { RecordedEvent } from '#event-log';
import { agentView } from './agent.js';
import { formatTenths, tenthsOf } from './decimals.js';
import { presentEvent } from './events.js';
import { sortedJson } from './sorted-json.js';
import { formatTime, parseTime } from './time.js';

const recorded = (type: string, data: object): RecordedEvent => ({
  version: 7,
  type,
  schemaVersion: 1,
  atMs: 1_000,
  commandId: '00000000-0000-4000-8000-000000000000',
  actor: 'test',
  data: JSON.stringify(data),
});

const present = (type: string, data: object) => presentEvent(recorded(type, data), (market, i) => `${market}/${i}`);

test('agents with positions in one market are shown with its prices computed once', () => {
  const state = new State();
  const pools = [micro(3_000_000n), micro(5_000_000n)];
  let asked = 0;
  const counted = new Proxy(pools, {
    get: (target, name, receiver): unknown => {
      if (name === 'map' || name === 'reduce' || name === Symbol.iterator) asked += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  const terms = { marketId: 'rain', title: '', description: '', outcomes: ['YES', 'NO'], mechanism: 'fixed-product' };
  const market = { terms, phase: { status: 'open' }, pools: counted, escrow: ZERO, fees: ZERO, volume: ZERO };
  state.markets.set('rain', market as unknown as Market);
  expect(pricesOf(state.markets.get('rain') as Market)).toEqual([625_000, 375_000]);
  const once = asked;
  expect(once).toBeGreaterThan(0);
  const agent = { name: 'a', available: ZERO, staked: ZERO, integral: 0n, accrued: 0n, ordinal: 0, yieldEarned: ZERO };
  for (const id of ['ann', 'ben', 'cid'] as AgentId[]) {
    state.marketsOfAgent.add(id, 'rain');
    const holding = {
      marketId: 'rain' as MarketId,
      agentId: id,
      shares: [micro(8n), ZERO],
      paid: ZERO,
      received: ZERO,
    };
    state.holdings.set(`rain/${id}`, holding);
    const { positions } = agentView(state, { agentId: id, agent, nowMs: 0 });
    expect(positions).toEqual([{ marketId: 'rain', outcome: 'YES', shares: '0.000008', value: '0.000005' }]);
  }
  expect(asked).toBe(once);
});

describe('an event is shown in HTTP units', () => {
  test('money, prices and the outcome of a bet', () => {
    const stored = { marketId: 'm', agentId: 'a', outcome: 1, amount: '100000000', fee: '3000000', shares: '1' };
    expect(present('BetPlaced', { ...stored, priceBeforePpm: 500_000, priceAfterPpm: 546_158 })).toEqual({
      version: 7,
      type: 'BetPlaced',
      at: '1970-01-01T00:00:01.000Z',
      data: {
        ...{ marketId: 'm', agentId: 'a', outcome: 'm/1', amount: '100', fee: '3', shares: '0.000001' },
        ...{ priceBefore: '0.5', priceAfter: '0.546158' },
      },
    });
  });

  test('nested amounts, rates, scores and times lose the unit in their names', () => {
    const settings = {
      reactAtTenths: 500,
      autoMarketAtTenths: 805,
      tickSeconds: 10,
      liquidity: '1000000000',
      feeBps: 300,
    };
    expect(present('TimelineCreated', { clock: 'virtual', startAtMs: 0, apyPpm: 50_000, settings }).data).toEqual({
      clock: 'virtual',
      startAt: '1970-01-01T00:00:00.000Z',
      apy: '0.05',
      settings: { reactAt: '50.0', autoMarketAt: '80.5', tickSeconds: 10, liquidity: '1000', feeBps: 300 },
    });
  });

  test('lists of amounts, amounts in lists, and what is null', () => {
    expect(
      present('MarketResolved', { payouts: [{ agentId: 'a', amount: '5' }], payout: [1, 0], returned: '0' }).data,
    ).toEqual({
      payouts: [{ agentId: 'a', amount: '0.000005' }],
      payout: [1, 0],
      returned: '0',
    });
    expect(present('LegacyMarketImported', { pools: ['1000000', '0'], viralityTenths: null }).data).toEqual({
      pools: ['1', '0'],
      virality: null,
    });
  });

  test('a type that this build does not know is shown as it is stored', () => {
    expect(present('toString', { amount: '5' }).data).toEqual({ amount: '5' });
  });
});

test('times are read with their offset and cut to ms', () => {
  expect(parseTime('1970-01-01T01:00:00.1239+01:00')).toBe(123);
  for (const text of ['1970-01-01t01:00:00.123+0100', '1970-01-01T00:00:00.123z', '1969-12-31T23:00:00.123-0100']) {
    expect(parseTime(text)).toBe(123);
  }
  for (const text of ['1970-01-01T01:00:00+01:0', '1970-01-01T01:00:00+2400', '1970-01-01T01:00:00+01']) {
    expect(parseTime(text)).toBeUndefined();
  }
  expect(parseTime('2024-02-29T00:00Z')).toBe(Date.UTC(2024, 1, 29));
  expect(formatTime(253_402_300_799_999)).toBe('9999-12-31T23:59:59.999Z');
});

test('scores have exactly one digit', () => {
  expect([0, 5, 800, 1000].map(formatTenths)).toEqual(['0.0', '0.5', '80.0', '100.0']);
  expect(['0', '0.5', '80', '100.0'].map(tenthsOf)).toEqual([0, 5, 800, 1000]);
});

test('sorted JSON does not depend on the order of keys', () => {
  expect(sortedJson({ b: [1, { d: null, c: 'x' }], a: 'é' })).toBe('{"a":"é","b":[1,{"c":"x","d":null}]}');
});
