import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readState, uncoveredText } from './canonical/canonical.js';
import type { Command } from './commands.js';
import type { Decided } from './decision.js';
import { checkEconomy } from './ledger/audit.js';
import { decideExpired } from './markets/decide.js';
import { productOf } from './markets/fixed-product.js';
import { mechanismOf } from './markets/mechanism.js';
import type { State } from './state.js';
import { fold, Simulation, textOf } from './testing/simulation.js';
import { micro, type AgentId, type DocumentName, type MarketId, type Micro, type WorldEventId } from './units.js';
import { accruedAt, touch } from './yield/integrals.js';
import { Y } from './yield/state.js';

/** Whatever clients may ask for; it is not known beforehand what will be refused. */
const agentId = fc.constantFrom('a', 'b', 'c', 'd', 'nobody').map((id) => id as AgentId);
const marketId = fc.constantFrom('m', 'n', 'o', 'p').map((id) => id as MarketId);
const documentName = fc.constantFrom('x', 'y').map((id) => id as DocumentName);
const outcomes = fc.integer({ min: 2, max: 5 }).map((count) => 'ABCDE'.slice(0, count).split(''));
const outcome = fc.constantFrom('A', 'B', 'C', 'E');
const elapsedMs = fc.oneof(fc.constantFrom(0, 1, 999, 1_000, 10_000), fc.integer({ min: 1, max: 90 * 86_400_000 }));
const millionths = fc.integer({ min: 0, max: 50_000_000 });

/** From a micro-unit to 2^50 of them, each magnitude as likely as another. */
const amount = fc
  .tuple(fc.integer({ min: 0, max: 49 }), fc.nat())
  .map(([bits, noise]) => micro((1n << BigInt(bits)) + (BigInt(noise) % (1n << BigInt(bits)))));
const liquidity = amount.map((drop) => micro(1_000_000n + (drop % 10_000_000_000n)));

/** Times are from now and shares in thousandths of what is held, which only a state can turn into a command. */
type Intent =
  | Exclude<Command, { type: 'CreateMarket' | 'SellShares' | 'ImportLegacy' | 'CreateTimeline' }>
  | (Omit<Extract<Command, { type: 'CreateMarket' }>, 'expiresAtMs'> & { readonly expiresInMs: number })
  | (Omit<Extract<Command, { type: 'SellShares' }>, 'shares'> & { readonly permille: bigint });

const of = <T extends Intent['type']>(type: T) => fc.constant(type);
const funds = { agentId, amount };
const trading = { marketId, agentId, outcome };

const intent: fc.Arbitrary<Intent> = fc.oneof(
  fc.record({ type: of('RegisterAgent'), agentId, deposit: amount }),
  fc.record({ type: of('DepositFunds'), ...funds }),
  fc.record({ type: of('WithdrawFunds'), ...funds }),
  fc.record({ type: of('TransferFunds'), from: agentId, to: agentId, amount }),
  { weight: 3, arbitrary: fc.record({ type: of('AddStake'), ...funds }) },
  { weight: 2, arbitrary: fc.record({ type: of('WithdrawStake'), ...funds }) },
  fc.record({ type: of('ChangeApy'), apyPpm: fc.integer({ min: 0, max: 1_000_000_000 }) }),
  { weight: 2, arbitrary: fc.record({ type: of('DistributeYield') }) },
  { weight: 2, arbitrary: fc.record({ type: of('PayScheduledYield') }) },
  fc.record({
    type: of('CreateMarket'),
    marketId,
    title: fc.string({ maxLength: 3 }),
    outcomes,
    liquidity,
    feeBps: fc.integer({ min: 0, max: 5_000 }),
    expiresInMs: elapsedMs,
  }),
  { weight: 6, arbitrary: fc.record({ type: of('PlaceBet'), ...trading, amount }) },
  { weight: 4, arbitrary: fc.record({ type: of('SellShares'), ...trading, permille: fc.bigInt(1n, 1_001n) }) },
  fc.record({ type: of('CloseMarket'), marketId }),
  fc.record({
    type: of('ResolveMarket'),
    marketId,
    payout: fc.array(fc.nat({ max: 1_000_000 }), { minLength: 2, maxLength: 5 }),
  }),
  fc.record({ type: of('ResolveMarket'), marketId, outcome }),
  fc.record({ type: of('VoidMarket'), marketId, reason: fc.string({ maxLength: 3 }) }),
  { weight: 4, arbitrary: fc.record({ type: of('AdvanceClock'), byMs: elapsedMs }) },
  fc.record({
    type: of('IngestWorldEvent'),
    eventId: fc.constantFrom('e', 'f').map((id) => id as WorldEventId),
    title: fc.constantFrom('Election', 'Live', 'Word'),
    description: fc.constant(''),
    source: fc.constant(''),
    url: fc.constant(''),
    publishedAtMs: fc.constantFrom(null, 0),
    inputs: fc.record({
      sentiment: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      socialVolume: millionths.map((value) => value * 100),
      newsVelocity: millionths,
      assetVolatility: millionths,
    }),
  }),
  fc.record({
    type: of('RecordWorldState'),
    globalTensionPpm: fc.nat({ max: 1_000_000 }),
    recentReasoning: fc.string({ unit: 'grapheme', maxLength: 3 }),
    appendLines: fc.array(fc.string({ maxLength: 2 }), { maxLength: 2 }),
  }),
  fc.record({ type: of('SaveDocument'), name: documentName, text: fc.string({ unit: 'grapheme', maxLength: 4 }) }),
  fc.record({ type: of('RemoveDocument'), name: documentName }),
);

const intents = fc.array(intent, { maxLength: 60, size: 'max' });
const groups = fc.array(fc.array(intent, { minLength: 1, maxLength: 8, size: 'max' }), { maxLength: 10, size: 'max' });

function commandOf(asked: Intent, { nowMs, holdings, markets }: State): Command {
  if (asked.type === 'CreateMarket') {
    const { expiresInMs, ...rest } = asked;
    return { ...rest, expiresAtMs: nowMs + expiresInMs };
  }
  if (asked.type === 'SellShares') {
    const { permille, ...rest } = asked;
    const index = markets.get(asked.marketId)?.terms.outcomes.indexOf(asked.outcome) ?? -1;
    const held = holdings.get(`${asked.marketId}/${asked.agentId}`)?.shares[index] ?? 0n;
    return { ...rest, shares: micro((held * permille) / 1_000n) };
  }
  return asked;
}

/** A timeline with agents who have something, stakes and a market, so that most of what follows can happen. */
function begun(afterEach?: ConstructorParameters<typeof Simulation>[0]): Simulation {
  const simulation = new Simulation(afterEach);
  const deposit = micro(5_000_000_000n);
  const ids = ['a', 'b', 'c'].map((id) => id as AgentId);
  const commands: readonly Command[] = [
    { type: 'CreateTimeline', clock: 'virtual', startAtMs: 1_000_000 },
    ...ids.map((id) => ({ type: 'RegisterAgent', agentId: id, deposit }) as const),
    ...ids.map((id) => ({ type: 'AddStake', agentId: id, amount: micro(1_234_567_891n) }) as const),
    { type: 'CreateMarket', marketId: 'm' as MarketId, title: '', outcomes: ['A', 'B', 'C'], expiresAtMs: 1e12 },
  ];
  for (const command of commands) expect(simulation.run(command).kind).toBe('accepted');
  return simulation;
}

function play(simulation: Simulation, asked: readonly Intent[]): void {
  for (const each of asked) simulation.run(commandOf(each, simulation.state));
}

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
