import { describe, expect, test } from '@jest/globals';
import type { Command } from '../commands.js';
import { checkEconomy } from '../ledger/audit.js';
import { Simulation } from '../testing/simulation.js';
import { agentWith, given, marketCreated, timelineCreated, type Given } from '../testing/specification.js';
import { micro, toText, type AgentId, type MarketId, type WorldEventId } from '../units.js';
import { decideExpired } from './decide.js';
import { portfolioOf } from './holdings.js';
import { quote } from './quote.js';

const ana = 'ana' as AgentId;
const ben = 'ben' as AgentId;
const rain = 'rain' as MarketId;
const units = (count: number) => micro(BigInt(count) * 1_000_000n);
const HOUR_MS = 3_600_000;

const bought: Given = {
  type: 'BetPlaced',
  data: {
    marketId: rain,
    agentId: ana,
    outcome: 0,
    amount: toText(units(100)),
    fee: toText(units(3)),
    shares: toText(micro(185_422_971n)),
    priceBeforePpm: 500_000,
    priceAfterPpm: 546_158,
  },
};
const closed: Given = { type: 'MarketClosed', data: { marketId: rain, reason: 'command' } };
const world = [timelineCreated(), ...agentWith('ana', units(1_000)), ...agentWith('ben', units(1_000))];
const open = [...world, marketCreated('rain')];
const bet: Command = { type: 'PlaceBet', marketId: rain, agentId: ana, outcome: 'YES', amount: units(100) };
const sale: Command = { type: 'SellShares', marketId: rain, agentId: ana, outcome: 'YES', shares: micro(185_422_971n) };

describe('creating', () => {
  test('takes liquidity from issuance and the defaults of the timeline', () => {
    const { state } = given(timelineCreated())
      .when({ type: 'CreateMarket', marketId: rain, title: 'Will it rain tonight?' })
      .thenEvents(
        marketCreated('rain', { title: 'Will it rain tonight?', duration: 'micro', expiresAtMs: 24 * HOUR_MS }),
      );
    expect(state.markets.get(rain)).toMatchObject({ escrow: units(1_000), pools: [units(1_000), units(1_000)] });
    expect(state.ledger.issuance).toBe(-1_000_000_000n);
    expect(state.stats.marketsCreated).toBe(1);
  });

  test('names a market without an id after its event and duration', () => {
    const eventId = 'e1' as WorldEventId;
    const told = given(timelineCreated()).when({
      ...{ type: 'IngestWorldEvent', eventId, title: 'Election', description: '', source: '', url: '' },
      ...{ publishedAtMs: null, inputs: { sentiment: 0, socialVolume: 0, newsVelocity: 0, assetVolatility: 0 } },
    }).decision;
    const events = told.kind === 'accepted' ? told.events : [];
    const { decision } = given(timelineCreated(), ...events).when({
      type: 'CreateMarket',
      eventId,
      title: 'Who wins?',
    });
    expect(decision).toMatchObject({ events: [{ data: { marketId: 'MKT_e1_macro', expiresAtMs: 720 * HOUR_MS } }] });
    given(timelineCreated()).when({ type: 'CreateMarket', title: 'Rain?' }).thenRefused('market-id-missing');
  });

  test('on a world event needs the event', () => {
    given(timelineCreated())
      .when({ type: 'CreateMarket', marketId: rain, eventId: 'gone' as WorldEventId, title: 'Rain?' })
      .thenRefused('event-unknown');
  });

  test('never re-uses an id', () => {
    given(...open)
      .when({ type: 'CreateMarket', marketId: rain, title: '' })
      .thenRefused('market-id-taken');
  });

  test('needs an end in the future', () => {
    given(timelineCreated())
      .when({ type: 'CreateMarket', marketId: rain, title: '', expiresAtMs: 50 }, { nowMs: 50 })
      .thenRefused('expiry-not-in-future');
  });
});

describe('betting', () => {
  test('buys shares for the budget less the fee', () => {
    const { state } = given(...open)
      .when(bet)
      .thenEvents(bought);
    expect(state.agents.get(ana)?.available).toBe(units(900));
    expect(state.markets.get(rain)).toMatchObject({ escrow: units(1_097), fees: units(3), volume: units(100) });
    expect(portfolioOf(state, ana)).toEqual([
      { marketId: rain, agentId: ana, shares: [185_422_971n, 0n], paid: units(100), received: 0n },
    ]);
    expect(checkEconomy(state)).toEqual([]);
  });

  test('that gives no share is too small', () => {
    given(...open)
      .when({ ...bet, amount: micro(1n) })
      .thenRefused('amount-too-small');
  });

  test('is refused as slippage below the shares that were asked for', () => {
    given(...open)
      .when({ ...bet, minShares: micro(185_422_972n) })
      .thenRefused('slippage');
    given(...open)
      .when({ ...bet, minShares: micro(185_422_971n) })
      .thenEvents(bought);
  });

  test('needs a market, an outcome, an agent and the money', () => {
    given(...open)
      .when({ ...bet, marketId: 'snow' as MarketId })
      .thenRefused('market-unknown');
    given(...open)
      .when({ ...bet, outcome: 'MAYBE' })
      .thenRefused('no-such-outcome');
    given(...open)
      .when({ ...bet, agentId: 'eve' as AgentId })
      .thenRefused('agent-unknown');
    given(...open)
      .when({ ...bet, amount: units(1_001) })
      .thenRefused('insufficient-funds');
  });

  test('a closed market takes no bets', () => {
    given(...open, closed)
      .when(bet)
      .thenRefused('market-not-open');
  });

  test('a market past its time takes no bets, though nobody has recorded that it closed', () => {
    const nowMs = 24 * HOUR_MS;
    given(...open)
      .when(bet, { nowMs })
      .thenRefused('market-not-open');
    given(...open)
      .when(bet, { nowMs: nowMs - 1 })
      .thenEvents(bought);
  });

  test('a trade on a market that is not open is a fault', () => {
    expect(() => given(...open, closed, bought)).toThrow('trade on market rain that is closed');
  });
});

describe('selling', () => {
  test('pays the holder and keeps its paid and received', () => {
    const { state } = given(...open, bought)
      .when(sale)
      .thenEvents({
        type: 'SharesSold',
        data: {
          marketId: rain,
          agentId: ana,
          outcome: 0,
          shares: toText(micro(185_422_971n)),
          gross: toText(micro(96_999_999n)),
          fee: toText(micro(2_910_000n)),
          priceBeforePpm: 546_158,
          priceAfterPpm: 500_000,
        },
      });
    expect(state.holdings.get('rain/ana')).toMatchObject({ shares: [0n, 0n], received: 94_089_999n });
    expect(checkEconomy(state)).toEqual([]);
  });

  test('needs the shares', () => {
    given(...open, bought)
      .when({ ...sale, agentId: ben })
      .thenRefused('insufficient-shares');
    given(...open, bought)
      .when({ ...sale, outcome: 'NO' })
      .thenRefused('insufficient-shares');
    given(...open, bought)
      .when({ ...sale, shares: micro(185_422_972n) })
      .thenRefused('insufficient-shares');
  });

  test('that pays nothing is too small, and less than asked is slippage', () => {
    given(...open, bought)
      .when({ ...sale, shares: micro(1n) })
      .thenRefused('amount-too-small');
    given(...open, bought)
      .when({ ...sale, minPayout: micro(94_090_000n) })
      .thenRefused('slippage');
  });
});

describe('a quote', () => {
  const { state } = given(...open, bought);

  test('is what the trade would be', () => {
    expect(quote(given(...open).state, { side: 'buy', marketId: rain, outcome: 'YES', amount: units(100) }, 0)).toEqual(
      {
        side: 'buy',
        marketId: rain,
        outcome: 'YES',
        amount: units(100),
        fee: units(3),
        shares: 185_422_971n,
        payout: null,
        priceBeforePpm: 500_000,
        priceAfterPpm: 546_158,
      },
    );
    expect(
      quote(state, { side: 'sell', marketId: rain, outcome: 'YES', shares: micro(185_422_971n) }, 0),
    ).toMatchObject({ amount: 96_999_999n, fee: 2_910_000n, payout: 94_089_999n, priceAfterPpm: 500_000 });
  });

  test('is refused as the trade would be', () => {
    const buying = { side: 'buy', marketId: rain, outcome: 'YES', amount: micro(1n) } as const;
    expect(quote(state, buying, 0)).toMatchObject({ code: 'amount-too-small' });
    expect(quote(state, { ...buying, outcome: 'no' }, 0)).toMatchObject({ code: 'no-such-outcome' });
    expect(quote(state, { ...buying, marketId: 'snow' as MarketId }, 0)).toMatchObject({ code: 'market-unknown' });
    expect(quote(state, buying, 24 * HOUR_MS)).toMatchObject({ code: 'market-not-open' });
    expect(quote(state, { side: 'sell', marketId: rain, outcome: 'YES', shares: micro(1n) }, 0)).toMatchObject({
      code: 'amount-too-small',
    });
  });
});

describe('closing', () => {
  test('by command, and once', () => {
    given(...open)
      .when({ type: 'CloseMarket', marketId: rain })
      .thenEvents(closed);
    given(...open, closed)
      .when({ type: 'CloseMarket', marketId: rain })
      .thenNothing();
    given(...world)
      .when({ type: 'CloseMarket', marketId: rain })
      .thenRefused('market-unknown');
  });

  test('happens at its time, in order of time and then of id', () => {
    const early = { expiresAtMs: 10 };
    const late = { expiresAtMs: 20 };
    const markets = [
      marketCreated('c', early),
      marketCreated('z', late),
      marketCreated('a', early),
      marketCreated('b', { expiresAtMs: 21 }),
    ];
    const { state } = given(timelineCreated(), ...markets);
    expect(decideExpired(state, { nowMs: 20, limit: 9 }).map(({ data, atMs }) => [data, atMs])).toEqual([
      [{ marketId: 'a', reason: 'expired' }, 10],
      [{ marketId: 'c', reason: 'expired' }, 10],
      [{ marketId: 'z', reason: 'expired' }, 20],
    ]);
    expect(decideExpired(state, { nowMs: 20, limit: 2 })).toHaveLength(2);
    expect(decideExpired(state, { nowMs: 9, limit: 9 })).toHaveLength(0);
  });

  test('a market that was closed early is not due any more', () => {
    const { state } = given(...open, marketCreated('later', { expiresAtMs: 90_000_000 }), closed);
    expect(decideExpired(state, { nowMs: 90_000_000, limit: 9 })).toMatchObject([{ data: { marketId: 'later' } }]);
  });

  test('ten thousand markets fall due in one advance of the clock', () => {
    const simulation = new Simulation();
    simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
    simulation.runGroup(
      Array.from({ length: 10_000 }, (_, i) => ({
        type: 'CreateMarket',
        marketId: `m${i}` as MarketId,
        title: '',
        expiresAtMs: 1_000 + (i % 97),
      })),
    );
    const advanced = simulation.run({ type: 'AdvanceClock', toMs: 2_000 });
    expect(advanced).toMatchObject({ kind: 'accepted' });
    expect(simulation.state.marketCounts).toEqual({ open: 0, closed: 10_000, resolved: 0, void: 0 });
    expect(simulation.state.agenda).toBeNull();
  });
});
