import { creditYield } from '../agents/evolve.js';
import { invariant } from '../invariant.js';
import { available, escrow, fees, issuance, marketRow, move } from '../ledger/postings.js';
import type { State } from '../state.js';
import { addDue, withoutFirst } from '../tables/agenda.js';
import { fromText, micro, sum, ZERO, type AgentId, type MarketId, type Micro, type MicroText } from '../units.js';
import type {
  BetPlaced,
  MarketClosed,
  MarketCreated,
  MarketResolved,
  MarketVoided,
  RecordedPayout,
  SharesSold,
} from './events.js';
import { afterPurchase, afterSale, productOf } from './fixed-product.js';
import { holdingsOf } from './holdings.js';
import { mechanismOf } from './mechanism.js';
import { holdingId, type Holding, type Market, type MarketStatus, type MarketTerms, type Phase } from './state.js';

export function evolveMarketCreated(state: State, { data }: MarketCreated, atMs: number): void {
  const liquidity = fromText(data.liquidity);
  const { automatic, ...rest } = data;
  addMarket(state, {
    terms: { ...rest, liquidity, createdAtMs: atMs },
    phase: { status: 'open' },
    pools: mechanismOf(data.mechanism).open(data.outcomes.length, liquidity),
    escrow: ZERO,
    fees: ZERO,
    volume: ZERO,
  });
  move(state, { from: issuance, to: escrow(data.marketId), amount: liquidity });
  state.stats = {
    ...state.stats,
    marketsCreated: state.stats.marketsCreated + 1,
    marketsAutoCreated: state.stats.marketsAutoCreated + (automatic ? 1 : 0),
  };
}

/** Adds a market's row, its place in the agenda and in the counts. */
export function addMarket(state: State, market: Market): void {
  const { marketId, expiresAtMs }: MarketTerms = market.terms;
  invariant(!state.markets.has(marketId), () => `market ${marketId} created twice`);
  state.markets.set(marketId, market);
  state.marketCounts = { ...state.marketCounts, [market.phase.status]: state.marketCounts[market.phase.status] + 1 };
  if (market.phase.status === 'open') state.agenda = addDue(state.agenda, { atMs: expiresAtMs, id: marketId });
}

export function evolveBetPlaced(state: State, { data }: BetPlaced): void {
  const { marketId, agentId, outcome } = data;
  const amount = fromText(data.amount);
  const fee = fromText(data.fee);
  const shares = fromText(data.shares);
  const invested = micro(amount - fee);
  creditYield(state, agentId);
  move(state, { from: available(agentId), to: escrow(marketId), amount: invested });
  move(state, { from: available(agentId), to: fees(marketId), amount: fee });
  trade(state, marketId, (market) => ({
    pools: afterPurchase(market.pools, { outcome, invested, shares }),
    volume: amount,
  }));
  changeHolding(state, { marketId, agentId }, (holding) => ({
    ...holding,
    shares: holding.shares.map((held, i) => (i === outcome ? sum(held, shares) : held)),
    paid: sum(holding.paid, amount),
  }));
}

export function evolveSharesSold(state: State, { data }: SharesSold): void {
  const { marketId, agentId, outcome } = data;
  const shares = fromText(data.shares);
  const gross = fromText(data.gross);
  const fee = fromText(data.fee);
  const payout = micro(gross - fee);
  move(state, { from: escrow(marketId), to: available(agentId), amount: payout });
  move(state, { from: escrow(marketId), to: fees(marketId), amount: fee });
  trade(state, marketId, (market) => ({
    pools: afterSale(market.pools, { outcome, shares, gross }),
    volume: gross,
  }));
  changeHolding(state, { marketId, agentId }, (holding) => ({
    ...holding,
    shares: holding.shares.map((held, i) => (i === outcome ? micro(held - shares) : held)),
    received: sum(holding.received, payout),
  }));
}

export function evolveMarketClosed(state: State, { data }: MarketClosed, atMs: number): void {
  const market = marketRow(state, data.marketId);
  invariant(market.phase.status === 'open', () => `closing market ${data.marketId} that is ${market.phase.status}`);
  enterPhase(state, market, { status: 'closed', closedAtMs: atMs });
  dropSettledDue(state);
}

export function evolveMarketResolved(state: State, { data }: MarketResolved, atMs: number): void {
  const market = marketRow(state, data.marketId);
  const closingPricesPpm = mechanismOf(market.terms.mechanism).prices(market.pools);
  payOut(state, data);
  enterPhase(state, marketRow(state, data.marketId), {
    status: 'resolved',
    payout: data.payout,
    resolvedAtMs: atMs,
    closingPricesPpm,
  });
}

export function evolveMarketVoided(state: State, { data }: MarketVoided, atMs: number): void {
  const market = marketRow(state, data.marketId);
  const closingPricesPpm = mechanismOf(market.terms.mechanism).prices(market.pools);
  move(state, { from: fees(data.marketId), to: escrow(data.marketId), amount: market.fees });
  payOut(state, data);
  enterPhase(state, marketRow(state, data.marketId), {
    status: 'void',
    reason: data.reason,
    voidedAtMs: atMs,
    closingPricesPpm,
  });
}

/** Pays the holders and issuance out of the escrow and ends every holding; nothing may be left. */
function payOut(
  state: State,
  { marketId, payouts, returned }: { marketId: MarketId; payouts: readonly RecordedPayout[]; returned: MicroText },
): void {
  const { status } = marketRow(state, marketId).phase;
  invariant(status === 'closed', () => `settling market ${marketId} that is ${status}`);
  for (const { agentId, amount } of payouts) {
    move(state, { from: escrow(marketId), to: available(agentId), amount: fromText(amount) });
  }
  move(state, { from: escrow(marketId), to: issuance, amount: fromText(returned) });
  for (const { agentId } of holdingsOf(state, marketId)) {
    state.holdings.remove(holdingId(marketId, agentId));
    state.holdersOfMarket.remove(marketId, agentId);
    state.marketsOfAgent.remove(agentId, marketId);
  }
  const market = marketRow(state, marketId);
  invariant(market.escrow === 0n, () => `market ${marketId} settled with ${market.escrow} micro in escrow`);
  state.markets.set(marketId, { ...market, pools: market.pools.map(() => ZERO) });
}

function enterPhase(state: State, market: Market, phase: Phase): void {
  const counts: Record<MarketStatus, number> = { ...state.marketCounts };
  counts[market.phase.status] -= 1;
  counts[phase.status] += 1;
  state.marketCounts = counts;
  state.markets.set(market.terms.marketId, { ...market, phase });
}

/** Forgets what stands first in the agenda and is no longer open. */
function dropSettledDue(state: State): void {
  while (state.agenda !== null && state.markets.get(state.agenda.due.id)?.phase.status !== 'open') {
    state.agenda = withoutFirst(state.agenda);
  }
}

/** A trade on an open market: no pool may run dry and their product may not fall. */
function trade(
  state: State,
  marketId: MarketId,
  change: (market: Market) => { readonly pools: readonly Micro[]; readonly volume: Micro },
): void {
  const market = marketRow(state, marketId);
  invariant(market.phase.status === 'open', () => `trade on market ${marketId} that is ${market.phase.status}`);
  const { pools, volume } = change(market);
  invariant(
    pools.every((pool) => pool > 0n),
    () => `a pool of market ${marketId} ran dry`,
  );
  invariant(productOf(pools) >= productOf(market.pools), () => `the product of market ${marketId} fell`);
  const { terms, phase, escrow: held, fees: earned } = market;
  state.markets.set(marketId, { terms, phase, pools, escrow: held, fees: earned, volume: sum(market.volume, volume) });
}

function changeHolding(
  state: State,
  { marketId, agentId }: { marketId: MarketId; agentId: AgentId },
  change: (holding: Holding) => Holding,
): void {
  const id = holdingId(marketId, agentId);
  const before = state.holdings.get(id);
  if (before === undefined) {
    state.holdersOfMarket.add(marketId, agentId);
    state.marketsOfAgent.add(agentId, marketId);
  }
  const none = (): Holding => ({
    marketId,
    agentId,
    shares: marketRow(state, marketId).pools.map(() => ZERO),
    paid: ZERO,
    received: ZERO,
  });
  const after = change(before ?? none());
  invariant(
    after.shares.every((held) => held >= 0n),
    () => `${agentId} would hold less than no shares of ${marketId}`,
  );
  state.holdings.set(id, after);
}
