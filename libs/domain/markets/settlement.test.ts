import { describe, expect, test } from '@jest/globals';
import type { Command } from '../commands.js';
import { checkEconomy } from '../ledger/audit.js';
import { Simulation } from '../testing/simulation.js';
import { agentWith, given, marketCreated, timelineCreated } from '../testing/specification.js';
import { micro, type AgentId, type MarketId } from '../units.js';

const ana = 'ana' as AgentId;
const ben = 'ben' as AgentId;
const rain = 'rain' as MarketId;
const units = (count: number) => micro(BigInt(count) * 1_000_000n);

/** Ana has 185.422971 of YES for 100, Ben 200 units' worth of NO. */
function traded(): Simulation {
  const simulation = new Simulation();
  const commands: readonly Command[] = [
    { type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 },
    { type: 'RegisterAgent', agentId: ana, deposit: units(1_000) },
    { type: 'RegisterAgent', agentId: ben, deposit: units(1_000) },
    { type: 'CreateMarket', marketId: rain, title: 'Rain?' },
    { type: 'PlaceBet', marketId: rain, agentId: ana, outcome: 'YES', amount: units(100) },
    { type: 'PlaceBet', marketId: rain, agentId: ben, outcome: 'NO', amount: units(200) },
  ];
  expect(simulation.runGroup(commands).every(({ kind }) => kind === 'accepted')).toBe(true);
  return simulation;
}

describe('resolving', () => {
  test('closes an open market first, pays winners one unit a share and returns the rest', () => {
    const simulation = traded();
    const { issuance } = simulation.state.ledger;
    expect(simulation.run({ type: 'ResolveMarket', marketId: rain, outcome: 'YES' })).toMatchObject({
      events: [
        { type: 'MarketClosed', data: { reason: 'settlement' } },
        {
          type: 'MarketResolved',
          data: {
            payout: [1, 0],
            payouts: [{ agentId: 'ana', amount: '185422971' }],
            returned: String(units(1_291) - 185_422_971n),
          },
        },
      ],
    });
    const { state } = simulation;
    expect(state.agents.get(ana)?.available).toBe(units(900) + 185_422_971n);
    expect(state.agents.get(ben)?.available).toBe(units(800));
    expect(state.ledger.issuance).toBe(issuance + units(1_291) - 185_422_971n);
    expect(state.markets.get(rain)).toMatchObject({ escrow: 0n, fees: units(9), pools: [0n, 0n] });
    expect(state.holdings.size).toBe(0);
    expect(checkEconomy(state)).toEqual([]);
  });

  test('by weights pays ⌊Σ shares · weight / Σ weights⌋', () => {
    const simulation = traded();
    const held = simulation.state.holdings.get('rain/ben')?.shares[1] ?? 0n;
    expect(simulation.run({ type: 'ResolveMarket', marketId: rain, payout: [1, 2] })).toMatchObject({
      events: [
        {},
        {
          data: {
            payouts: [
              { agentId: 'ana', amount: String(185_422_971n / 3n) },
              { agentId: 'ben', amount: String((held * 2n) / 3n) },
            ],
          },
        },
      ],
    });
  });

  test('needs one winner that exists, or a weight above 0 for as many outcomes as there are', () => {
    const spec = given(timelineCreated(), marketCreated('rain'));
    spec.when({ type: 'ResolveMarket', marketId: rain, outcome: 'yes' }).thenRefused('no-such-outcome');
    spec.when({ type: 'ResolveMarket', marketId: rain }).thenRefused('no-such-outcome');
    for (const payout of [[1], [1, 0, 0], [0, 0], [-1, 2], [0.5, 0.5], [1_000_001, 0]]) {
      spec.when({ type: 'ResolveMarket', marketId: rain, payout }).thenRefused('payout-invalid');
    }
    spec.when({ type: 'ResolveMarket', marketId: 'snow' as MarketId, payout: [1, 0] }).thenRefused('market-unknown');
  });

  test('nothing is settled twice', () => {
    const simulation = traded();
    simulation.run({ type: 'ResolveMarket', marketId: rain, outcome: 'NO' });
    const settled = { kind: 'refused', code: 'market-settled' };
    expect(simulation.run({ type: 'ResolveMarket', marketId: rain, outcome: 'NO' })).toMatchObject(settled);
    expect(simulation.run({ type: 'VoidMarket', marketId: rain, reason: '' })).toMatchObject(settled);
    expect(simulation.run({ type: 'CloseMarket', marketId: rain })).toMatchObject(settled);
    const bet = { type: 'PlaceBet', marketId: rain, agentId: ana, outcome: 'YES', amount: units(1) } as const;
    expect(simulation.run(bet)).toMatchObject({ kind: 'refused', code: 'market-not-open' });
  });

  test('thousands of holders are paid by one event', () => {
    const simulation = new Simulation();
    simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
    simulation.run({ type: 'CreateMarket', marketId: rain, title: '' });
    const agents = Array.from({ length: 5_000 }, (_, i) => `a${i}` as AgentId);
    simulation.runGroup(agents.map((agentId) => ({ type: 'RegisterAgent', agentId, deposit: units(10) })));
    simulation.runGroup(
      agents.map((agentId) => ({ type: 'PlaceBet', marketId: rain, agentId, outcome: 'YES', amount: units(1) })),
    );
    const decision = simulation.run({ type: 'ResolveMarket', marketId: rain, outcome: 'YES' });
    expect(decision.kind === 'accepted' && decision.events).toHaveLength(2);
    expect(simulation.state.holdings.size).toBe(0);
    expect(checkEconomy(simulation.state)).toEqual([]);
  });
});

describe('voiding', () => {
  test('gives every trader back what it paid, fees included, and the rest to issuance', () => {
    const simulation = traded();
    const decision = simulation.run({ type: 'VoidMarket', marketId: rain, reason: 'no data' });
    expect(decision).toMatchObject({
      events: [
        {},
        {
          type: 'MarketVoided',
          data: {
            payouts: [
              { agentId: 'ana', amount: String(units(100)) },
              { agentId: 'ben', amount: String(units(200)) },
            ],
            returned: String(units(1_000)),
            proRata: false,
          },
        },
      ],
    });
    const { state } = simulation;
    expect(state.ledger.issuance).toBe(-2_000_000_000n);
    expect(state.markets.get(rain)).toMatchObject({
      escrow: 0n,
      fees: 0n,
      phase: { status: 'void', reason: 'no data' },
    });
    expect(checkEconomy(state)).toEqual([]);
  });

  test('a trader who took out more than it paid has no claim and owes nothing', () => {
    const simulation = traded();
    simulation.run({ type: 'PlaceBet', marketId: rain, agentId: ben, outcome: 'YES', amount: units(800) });
    const shares = simulation.state.holdings.get('rain/ana')?.shares[0] ?? micro(0n);
    simulation.run({ type: 'SellShares', marketId: rain, agentId: ana, outcome: 'YES', shares });
    const profit = simulation.state.agents.get(ana)?.available ?? 0n;
    expect(profit).toBeGreaterThan(units(1_000));
    const decision = simulation.run({ type: 'VoidMarket', marketId: rain, reason: '' });
    expect(decision).toMatchObject({ events: [{}, { data: { payouts: [{ agentId: 'ben' }] } }] });
    expect(simulation.state.agents.get(ana)?.available).toBe(profit);
    expect(simulation.state.agents.get(ben)?.available).toBe(units(1_000));
    expect(checkEconomy(simulation.state)).toEqual([]);
  });

  test('an escrow that is short is shared pro rata by largest remainder, and the event says so', () => {
    const { simulation, claims } = drained();
    const decision = simulation.run({ type: 'VoidMarket', marketId: rain, reason: '' });
    if (decision.kind !== 'accepted') throw new Error(decision.kind);
    const voided = decision.events.find((event) => event.type === 'MarketVoided');
    expect(voided?.data).toMatchObject({ proRata: true, returned: '0' });
    const escrow = voided?.data.payouts.reduce((total, { amount }) => total + BigInt(amount), 0n) ?? 0n;
    const claimed = [...claims.values()].reduce((a, b) => a + b, 0n);
    for (const { agentId, amount } of voided?.data.payouts ?? []) {
      const exact = ((claims.get(agentId) ?? 0n) * escrow) / claimed;
      expect([exact, exact + 1n]).toContain(BigInt(amount));
    }
    expect(checkEconomy(simulation.state)).toEqual([]);
  });

  /** Pumpers drive up what Ana has bought before them, on either side; she takes out more than the liquidity. */
  function drained() {
    const simulation = new Simulation();
    const pumpers = ['p1', 'p2', 'p3', 'p4'].map((id) => id as AgentId);
    const stake = units(29_999);
    simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
    for (const agentId of [ana, ...pumpers]) simulation.run({ type: 'RegisterAgent', agentId, deposit: units(30_000) });
    simulation.run({ type: 'CreateMarket', marketId: rain, title: '', liquidity: units(100), feeBps: 0 });
    pumpers.forEach((pumper, i) => {
      const outcome = i % 2 === 0 ? 'YES' : 'NO';
      simulation.run({ type: 'PlaceBet', marketId: rain, agentId: ana, outcome, amount: units(10_000) });
      simulation.run({ type: 'PlaceBet', marketId: rain, agentId: pumper, outcome, amount: stake });
      const shares = simulation.state.holdings.get('rain/ana')?.shares[i % 2] ?? micro(0n);
      simulation.run({ type: 'SellShares', marketId: rain, agentId: ana, outcome, shares });
    });
    const claims = new Map(pumpers.map((agentId) => [agentId, BigInt(stake)]));
    return { simulation, claims };
  }
});

test('a settlement that leaves something in escrow is a fault', () => {
  const closed = { type: 'MarketClosed', data: { marketId: rain, reason: 'command' } } as const;
  const resolved = {
    type: 'MarketResolved',
    data: { marketId: rain, payout: [1, 0], payouts: [], returned: '999999999' },
  } as never;
  expect(() =>
    given(timelineCreated(), ...agentWith('ana', units(1)), marketCreated('rain'), closed, resolved),
  ).toThrow('market rain settled with 1 micro in escrow');
});
