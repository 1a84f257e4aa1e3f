import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readState, uncoveredText } from './canonical/canonical.js';
import type { Decided } from './decision.js';
import { checkEconomy } from './ledger/audit.js';
import { decideExpired } from './markets/decide.js';
import { productOf } from './markets/fixed-product.js';
import { mechanismOf } from './markets/mechanism.js';
import type { State } from './state.js';
import { begun, commandOf, groups, intents, play } from './testing/histories.js';
import { fold, Simulation, textOf } from './testing/simulation.js';
import { micro, type AgentId, type Micro } from './units.js';
import { accruedAt, touch } from './yield/integrals.js';
import { Y } from './yield/state.js';

test('the generated commands reach every event', () => {
  const seen = new Set<string>();
  for (const asked of fc.sample(intents, { numRuns: 150, seed: 1 })) {
    const simulation = begun();
    play(simulation, asked);
    for (const { type } of simulation.log) seen.add(type);
  }
  expect([...seen].sort()).toEqual(
    [
      ...['AgentRegistered', 'ApyChanged', 'BetPlaced', 'ClockAdvanced', 'DocumentRemoved', 'DocumentSaved'],
      ...['FundsDeposited', 'FundsTransferred', 'FundsWithdrawn', 'MarketClosed', 'MarketCreated', 'MarketResolved'],
      ...['MarketVoided', 'SharesSold', 'StakeAdded', 'StakeWithdrawn', 'TimelineCreated', 'WorldEventIngested'],
      ...['WorldStateRecorded', 'YieldDistributed'],
    ].sort(),
  );
});

describe('whatever is asked for, after every event', () => {
  test('the economy is sound, prices sum to one and no trade lowers a product', () => {
    const products = new Map<string, bigint>();
    const afterEach = (state: State, event: Decided): void => {
      expect(checkEconomy(state)).toEqual([]);
      for (const id of state.markets.sortedIds()) {
        const market = state.markets.get(id);
        if (market === undefined) continue;
        const prices = mechanismOf(market.terms.mechanism).prices(market.pools);
        expect(prices.reduce((a, b) => a + b, 0)).toBe(1_000_000);
        const product = productOf(market.pools);
        const isTrade = event.type === 'BetPlaced' || event.type === 'SharesSold';
        if (isTrade) expect(product >= (products.get(id) ?? 0n)).toBe(true);
        products.set(id, product);
      }
    };
    fc.assert(
      fc.property(intents, (asked) => {
        products.clear();
        play(begun(afterEach), asked);
      }),
      { numRuns: 300 },
    );
  });
});

test('a refusal, or a command with nothing to do, changes nothing', () => {
  fc.assert(
    fc.property(intents, (asked) => {
      const simulation = begun();
      for (const each of asked) {
        const before = textOf(simulation.state);
        const decision = simulation.run(commandOf(each, simulation.state));
        const isIdle = decision.kind !== 'accepted' || decision.events.length === 0;
        if (isIdle) expect(textOf(simulation.state)).toBe(before);
      }
    }),
    { numRuns: 120 },
  );
});

test('a settlement pays no more than the escrow, and a void no more than what came in', () => {
  let before = new Map<string, bigint>();
  const afterEach = (state: State, event: Decided): void => {
    if (event.type === 'MarketResolved' || event.type === 'MarketVoided') {
      const paid = event.data.payouts.reduce((total, { amount: text }) => total + BigInt(text), 0n);
      expect(paid + BigInt(event.data.returned)).toBe(before.get(event.data.marketId));
      expect(event.data.payouts.every(({ amount: text }) => BigInt(text) > 0n)).toBe(true);
    }
    before = new Map();
    for (const id of state.markets.sortedIds()) {
      const market = state.markets.get(id);
      if (market !== undefined) before.set(id, market.escrow);
    }
  };
  // A void first brings the fees back, so its payouts are compared without a fee.
  const withoutFees = intents.map((asked) =>
    asked.map((each) => (each.type === 'CreateMarket' ? { ...each, feeBps: 0 } : each)),
  );
  fc.assert(
    fc.property(withoutFees, (asked) => {
      const simulation = new Simulation(afterEach);
      simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0, settings: { feeBps: 0 } });
      for (const id of ['a', 'b']) {
        simulation.run({ type: 'RegisterAgent', agentId: id as AgentId, deposit: micro(10n ** 12n) });
      }
      play(simulation, asked);
    }),
    { numRuns: 300 },
  );
});

describe('the canonical text is the same however a version was reached', () => {
  test('live in groups of overlays, in full replay, and from a snapshot and the tail', () => {
    fc.assert(
      fc.property(groups, fc.nat(), (asked, cut) => {
        const simulation = begun();
        for (const group of asked) {
          simulation.runGroup(group.map((each) => commandOf(each, simulation.state)));
        }
        const live = textOf(simulation.state);
        expect(textOf(fold(simulation.log))).toBe(live);
        const version = 1 + (cut % simulation.log.length);
        const restored = restore(fold(simulation.log.slice(0, version)));
        fold(simulation.log.slice(version), restored, version);
        expect(textOf(restored)).toBe(live);
        expect(uncoveredOf(restored)).toBe(uncoveredOf(simulation.state));
        expect(derivedOf(restored)).toEqual(derivedOf(simulation.state));
      }),
      { numRuns: 150 },
    );
  });

  test('of a pinned state, whatever is absorbed afterwards', () => {
    fc.assert(
      fc.property(intents, intents, (before, after) => {
        const simulation = begun();
        play(simulation, before);
        const text = textOf(simulation.state);
        const pinned = simulation.state.pin();
        for (const each of after) {
          simulation.run(commandOf(each, simulation.state));
          expect(textOf(pinned)).toBe(text);
        }
        pinned.release();
        expect(textOf(fold(simulation.log))).toBe(textOf(simulation.state));
      }),
      { numRuns: 80 },
    );
  });

  test('after a group that was dropped, and the group can be decided again', () => {
    fc.assert(
      fc.property(groups, (asked) => {
        const simulation = begun();
        for (const group of asked) {
          const commands = group.map((each) => commandOf(each, simulation.state));
          const before = textOf(simulation.state);
          const derived = derivedOf(simulation.state);
          const dropped = simulation.tryGroup(commands);
          expect(textOf(simulation.state)).toBe(before);
          expect(derivedOf(simulation.state)).toEqual(derived);
          const again = simulation.tryGroup(commands);
          expect(again.events).toEqual(dropped.events);
          simulation.state.absorb(again.overlay);
          simulation.log.push(...again.events);
          expect(textOf(simulation.state)).toBe(textOf(dropped.overlay.overlay()));
        }
      }),
      { numRuns: 120 },
    );
  });

  const restore = (state: State): State => readState(textOf(state), uncoveredOf(state));
  const uncoveredOf = (state: State): string => [...uncoveredText(state)].join('');

  /** What no hash covers, for it follows from the rest. */
  function derivedOf(state: State) {
    return {
      counts: state.marketCounts,
      due: decideExpired(state, { nowMs: Number.MAX_SAFE_INTEGER, limit: 99 }),
      bytes: state.documentBytes,
      holders: state.markets.sortedIds().map((id) => state.holdersOfMarket.members(id)),
      markets: state.agents.sortedIds().map((id) => state.marketsOfAgent.members(id)),
    };
  }
});

/** Money and yield kept the simple way: every distribution credits every stake at once. */
class EagerBooks {
  readonly agents = new Map<string, { available: bigint; staked: bigint; accrued: bigint; credited: bigint }>();
  #ratePpm = 0n;
  #accruedMs = 0;
  distributed = 0n;

  apply(event: Decided): void {
    const { atMs } = event;
    switch (event.type) {
      case 'TimelineCreated':
        this.#ratePpm = BigInt(event.data.apyPpm);
        this.#accruedMs = event.data.startAtMs;
        return;
      case 'TimelineForked':
      case 'TimelineCompleted':
      case 'TimelineArchived':
        return;
      case 'AgentRegistered':
        this.agents.set(event.data.agentId, { available: 0n, staked: 0n, accrued: 0n, credited: 0n });
        return;
      case 'ApyChanged':
        this.accrue(atMs);
        this.#ratePpm = BigInt(event.data.apyPpm);
        return;
      case 'YieldDistributed':
        this.#credit(event.data.throughMs);
        return;
      case 'FundsDeposited':
        return this.#receive(event.data.agentId, BigInt(event.data.amount));
      case 'FundsWithdrawn':
        return this.#receive(event.data.agentId, -BigInt(event.data.amount));
      case 'FundsTransferred':
        this.#receive(event.data.from, -BigInt(event.data.amount));
        return this.#receive(event.data.to, BigInt(event.data.amount));
      case 'StakeAdded':
        return this.#stake(event.data.agentId, BigInt(event.data.amount), atMs);
      case 'StakeWithdrawn':
        return this.#stake(event.data.agentId, -BigInt(event.data.amount), atMs);
      case 'BetPlaced':
        return this.#receive(event.data.agentId, -BigInt(event.data.amount));
      case 'SharesSold':
        return this.#receive(event.data.agentId, BigInt(event.data.gross) - BigInt(event.data.fee));
      case 'MarketResolved':
      case 'MarketVoided':
        for (const { agentId: id, amount: paid } of event.data.payouts) this.#receive(id, BigInt(paid));
        return;
      case 'ClockAdvanced':
      case 'DocumentRemoved':
      case 'DocumentSaved':
      case 'LegacyEconomyImported':
      case 'LegacyMarketImported':
      case 'LegacyStakeImported':
      case 'LegacyStatsImported':
      case 'MarketClosed':
      case 'MarketCreated':
      case 'WorldEventIngested':
      case 'WorldStateRecorded':
        return;
    }
  }

  accrue(throughMs: number): void {
    const growth = this.#ratePpm * BigInt(throughMs - this.#accruedMs);
    for (const agent of this.agents.values()) agent.accrued += agent.staked * growth;
    this.#accruedMs = throughMs;
  }

  #credit(throughMs: number): void {
    this.accrue(throughMs);
    for (const agent of this.agents.values()) {
      const credit = agent.accrued / Y;
      agent.accrued -= credit * Y;
      agent.available += credit;
      agent.credited += credit;
    }
    const all = [...this.agents.values()];
    this.distributed = all.reduce((total, { accrued, credited }) => total + accrued + credited * Y, 0n) / Y;
  }

  #stake(id: string, change: bigint, atMs: number): void {
    this.accrue(atMs);
    this.#receive(id, -change);
    const agent = this.agents.get(id);
    if (agent !== undefined) agent.staked += change;
  }

  #receive(id: string, change: bigint): void {
    const agent = this.agents.get(id);
    if (agent !== undefined) agent.available += change;
  }
}

test('lazy yield is what crediting every stake at every distribution comes to, to the last fraction', () => {
  fc.assert(
    fc.property(intents, (asked) => {
      const books = new EagerBooks();
      const simulation = begun((_state, event) => books.apply(event));
      play(simulation, asked);
      const { state } = simulation;
      books.accrue(state.nowMs);
      for (const [id, eager] of books.agents) {
        const agent = state.agents.get(id);
        if (agent === undefined) throw new Error(`no agent ${id}`);
        const { agent: touched, credit } = touch(agent, state.yieldAccount);
        expect({
          available: agent.available + credit,
          staked: touched.staked,
          credited: touched.yieldEarned,
          accrued: accruedAt(touched, state.yieldAccount, state.nowMs),
        }).toEqual(eager);
      }
      expect(state.yieldAccount.distributed).toBe(books.distributed);
      expect(payableIfAllTouched(state)).toBeLessThanOrEqual(BigInt(state.agents.size));
    }),
    { numRuns: 600 },
  );
});

/** What stays in `house:yield-payable` when every stake has been credited: the fractions, less than 1 each. */
function payableIfAllTouched({ agents, yieldAccount, ledger }: State): Micro {
  const credits = agents.sortedIds().map((id) => {
    const agent = agents.get(id);
    return agent === undefined ? 0n : touch(agent, yieldAccount).credit;
  });
  return micro(credits.reduce((left, credit) => left - credit, BigInt(ledger.yieldPayable)));
}
