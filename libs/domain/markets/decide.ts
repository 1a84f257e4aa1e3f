import { agentUnknown, refuseToSpend } from '../agents/decide.js';
import { accept, at, type Decided, type Decision, type DecisionContext } from '../decision.js';
import { classifyDomain, classifyDuration, DURATION_MS } from '../orchestrator/classify.js';
import { quoted } from '../quoted.js';
import { refuse, type Refusal } from '../refusal.js';
import type { State } from '../state.js';
import { withoutFirst } from '../tables/agenda.js';
import { formatDecimal, parseMarketId, TIME_MAX_MS, toText, ZERO, type AgentId, type MarketId } from '../units.js';
import type { CloseMarket, CreateMarket, PlaceBet, ResolveMarket, SellShares, VoidMarket } from './commands.js';
import type { MarketClosed } from './events.js';
import { DEFAULT_OUTCOMES, PAYOUT_WEIGHT_MAX } from './defaults.js';
import { holdingsOf } from './holdings.js';
import { mechanismOf } from './mechanism.js';
import { settle, settleVoid, type Payout } from './settlement.js';
import { holdingId, statusAt, type Market } from './state.js';

export function decideCreateMarket(state: State, command: CreateMarket, { nowMs }: DecisionContext): Decision {
  const { title, description = '', eventId, outcomes = DEFAULT_OUTCOMES } = command;
  const source = eventId === undefined ? undefined : state.worldEvents.get(eventId);
  if (eventId !== undefined && source === undefined) {
    return refuse('event-unknown', `there is no world event ${eventId}; ingest it first, or leave eventId out`);
  }
  const text = `${title} ${description}`;
  const domain = command.domain ?? source?.domain ?? classifyDomain(text);
  const viralityTenths = source?.viralityTenths ?? null;
  const duration = command.duration ?? source?.duration ?? classifyDuration(text, viralityTenths ?? 0);
  const marketId =
    command.marketId ?? (eventId === undefined ? undefined : parseMarketId(`MKT_${eventId}_${duration}`));
  if (marketId === undefined) {
    return refuse('market-id-missing', 'give a marketId, or an eventId to name the market after');
  }
  if (state.markets.has(marketId)) return refuse('market-id-taken', `market id ${marketId} is in use`);
  const expiresAtMs = command.expiresAtMs ?? Math.min(nowMs + DURATION_MS[duration], TIME_MAX_MS);
  if (expiresAtMs <= nowMs) return refuse('expiry-not-in-future', "expiresAt is not after the timeline's time");
  return accept(
    at(nowMs, {
      type: 'MarketCreated',
      data: {
        marketId,
        eventId: eventId ?? null,
        title,
        description,
        domain,
        duration,
        outcomes,
        mechanism: 'fixed-product',
        liquidity: toText(command.liquidity ?? state.settings.liquidity),
        feeBps: command.feeBps ?? state.settings.feeBps,
        expiresAtMs,
        viralityTenths,
        automatic: false,
      },
    }),
  );
}

export function decidePlaceBet(state: State, command: PlaceBet, { nowMs }: DecisionContext): Decision {
  const { marketId, agentId, amount, minShares = ZERO } = command;
  const found = findTrade(state, command, nowMs);
  if ('kind' in found) return found;
  const { market, outcome } = found;
  const refusal = refuseToSpend(state, { agentId, amount });
  if (refusal !== undefined) return refusal;
  const mechanism = mechanismOf(market.terms.mechanism);
  const purchase = mechanism.buy({ pools: market.pools, feeBps: market.terms.feeBps }, outcome, amount);
  if (purchase.shares <= 0n) return refuse('amount-too-small', `${formatDecimal(amount)} buys no share`);
  if (purchase.shares < minShares) {
    return refuse('slippage', `${formatDecimal(purchase.shares)} shares, below ${formatDecimal(minShares)}`);
  }
  return accept(
    at(nowMs, {
      type: 'BetPlaced',
      data: {
        marketId,
        agentId,
        outcome,
        amount: toText(amount),
        fee: toText(purchase.fee),
        shares: toText(purchase.shares),
        priceBeforePpm: mechanism.prices(market.pools)[outcome] ?? 0,
        priceAfterPpm: mechanism.prices(purchase.pools)[outcome] ?? 0,
      },
    }),
  );
}

export function decideSellShares(state: State, command: SellShares, { nowMs }: DecisionContext): Decision {
  const { marketId, agentId, shares, minPayout = ZERO } = command;
  const found = findTrade(state, command, nowMs);
  if ('kind' in found) return found;
  const { market, outcome } = found;
  const held = state.holdings.get(holdingId(marketId, agentId))?.shares[outcome] ?? ZERO;
  if (held < shares) {
    return refuse(
      'insufficient-shares',
      `${agentId} holds ${formatDecimal(held)} of ${command.outcome}; ${formatDecimal(shares)} were offered`,
    );
  }
  const mechanism = mechanismOf(market.terms.mechanism);
  const sale = mechanism.sell({ pools: market.pools, feeBps: market.terms.feeBps }, outcome, shares);
  if (sale.payout <= 0n) return refuse('amount-too-small', `${formatDecimal(shares)} shares pay nothing`);
  if (sale.payout < minPayout) {
    return refuse('slippage', `a payout of ${formatDecimal(sale.payout)}, below ${formatDecimal(minPayout)}`);
  }
  return accept(
    at(nowMs, {
      type: 'SharesSold',
      data: {
        marketId,
        agentId,
        outcome,
        shares: toText(shares),
        gross: toText(sale.gross),
        fee: toText(sale.fee),
        priceBeforePpm: mechanism.prices(market.pools)[outcome] ?? 0,
        priceAfterPpm: mechanism.prices(sale.pools)[outcome] ?? 0,
      },
    }),
  );
}

export function decideCloseMarket(state: State, command: CloseMarket, { nowMs }: DecisionContext): Decision {
  const market = state.markets.get(command.marketId);
  if (market === undefined) return marketUnknown(command.marketId);
  if (isSettled(market)) return settled(market);
  if (market.phase.status === 'closed') return accept();
  return accept(at(nowMs, closed(command.marketId, 'command')));
}

export function decideResolveMarket(state: State, command: ResolveMarket, { nowMs }: DecisionContext): Decision {
  const market = state.markets.get(command.marketId);
  if (market === undefined) return marketUnknown(command.marketId);
  if (isSettled(market)) return settled(market);
  const payout = payoutVector(market, command);
  if ('kind' in payout) return payout;
  const { payouts, returned } = settle(market, holdingsOf(state, command.marketId), payout);
  return accept(
    ...closingFirst(market, nowMs),
    at(nowMs, {
      type: 'MarketResolved',
      data: { marketId: command.marketId, payout, payouts: payouts.map(recorded), returned: toText(returned) },
    }),
  );
}

export function decideVoidMarket(state: State, command: VoidMarket, { nowMs }: DecisionContext): Decision {
  const { marketId, reason } = command;
  const market = state.markets.get(marketId);
  if (market === undefined) return marketUnknown(marketId);
  if (isSettled(market)) return settled(market);
  const { payouts, returned, proRata } = settleVoid(market, holdingsOf(state, marketId));
  return accept(
    ...closingFirst(market, nowMs),
    at(nowMs, {
      type: 'MarketVoided',
      data: { marketId, reason, payouts: payouts.map(recorded), returned: toText(returned), proRata },
    }),
  );
}

/** The markets that have reached their time by `nowMs`, in order of time, then id; each closes at its own time. */
export function decideExpired(state: State, { nowMs, limit }: { nowMs: number; limit: number }): readonly Decided[] {
  const expired: Decided[] = [];
  let agenda = state.agenda;
  while (agenda !== null && agenda.due.atMs <= nowMs && expired.length < limit) {
    const { id, atMs } = agenda.due;
    const market = state.markets.get(id);
    if (market?.phase.status === 'open' && market.terms.expiresAtMs === atMs) {
      expired.push(at(Math.max(atMs, state.nowMs), closed(market.terms.marketId, 'expired')));
    }
    agenda = withoutFirst(agenda);
  }
  return expired;
}

interface Trade {
  readonly market: Market;
  /** Index of the outcome. */
  readonly outcome: number;
}

function findTrade(
  state: State,
  { marketId, agentId, outcome: name }: { marketId: MarketId; agentId: AgentId; outcome: string },
  nowMs: number,
): Trade | Refusal {
  const market = state.markets.get(marketId);
  if (market === undefined) return marketUnknown(marketId);
  const status = statusAt(market, nowMs);
  if (status !== 'open') return refuse('market-not-open', `market ${marketId} is ${status}`);
  const outcome = market.terms.outcomes.indexOf(name);
  if (outcome < 0) return noSuchOutcome(market, name);
  if (!state.agents.has(agentId)) return agentUnknown(agentId);
  return { market, outcome };
}

function payoutVector(market: Market, { outcome, payout }: ResolveMarket): readonly number[] | Refusal {
  const { outcomes } = market.terms;
  if (payout !== undefined) return checkedPayout(payout, outcomes.length);
  const winner = outcome === undefined ? -1 : outcomes.indexOf(outcome);
  if (winner < 0) return noSuchOutcome(market, outcome ?? '');
  return outcomes.map((_, i) => (i === winner ? 1 : 0));
}

function checkedPayout(payout: readonly number[], outcomes: number): readonly number[] | Refusal {
  if (payout.length !== outcomes) {
    return refuse('payout-invalid', `the payout has ${payout.length} weights; the market has ${outcomes} outcomes`);
  }
  const isWeight = (weight: number): boolean => Number.isInteger(weight) && weight >= 0 && weight <= PAYOUT_WEIGHT_MAX;
  if (payout.every(isWeight) && payout.some((weight) => weight > 0)) return payout;
  return refuse('payout-invalid', `the weights are integers from 0 to ${PAYOUT_WEIGHT_MAX}, at least one above 0`);
}

/** The refusal of whatever names a market that is not there. */
export const marketUnknown = (marketId: MarketId): Refusal =>
  refuse('market-unknown', `there is no market ${marketId}`);

/** The refusal of an outcome that the market does not have, with those that it has. */
export const noSuchOutcome = ({ terms }: Market, name: string): Refusal =>
  refuse(
    'no-such-outcome',
    `market ${terms.marketId} has no outcome ${quoted(name)}; it has ${terms.outcomes.map(quoted).join(', ')}`,
  );

const isSettled = ({ phase }: Market): boolean => phase.status === 'resolved' || phase.status === 'void';

const settled = ({ terms, phase }: Market): Refusal =>
  refuse('market-settled', `market ${terms.marketId} is ${phase.status} already`);

const closed = (marketId: MarketId, reason: MarketClosed['data']['reason']): MarketClosed => ({
  type: 'MarketClosed',
  data: { marketId, reason },
});

const closingFirst = ({ terms, phase }: Market, nowMs: number): readonly Decided[] =>
  phase.status === 'open' ? [at(nowMs, closed(terms.marketId, 'settlement'))] : [];

const recorded = ({ agentId, amount }: Payout) => ({ agentId, amount: toText(amount) });
