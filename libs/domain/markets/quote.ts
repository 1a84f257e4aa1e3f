import { refuse, type Refusal } from '../refusal.js';
import type { ReadableState } from '../state.js';
import { formatDecimal, type MarketId, type Micro } from '../units.js';
import { marketUnknown, noSuchOutcome } from './decide.js';
import { mechanismOf } from './mechanism.js';
import { statusAt } from './state.js';

/** What a quote is asked for: a budget to spend, or shares to sell. */
export type QuoteRequest =
  | { readonly side: 'buy'; readonly marketId: MarketId; readonly outcome: string; readonly amount: Micro }
  | { readonly side: 'sell'; readonly marketId: MarketId; readonly outcome: string; readonly shares: Micro };

/** What a trade would come to now, whoever makes it. */
export interface Quote {
  readonly side: 'buy' | 'sell';
  readonly marketId: MarketId;
  readonly outcome: string;
  /** Budget of a purchase, or gross proceeds of a sale. */
  readonly amount: Micro;
  readonly fee: Micro;
  readonly shares: Micro;
  /** What the seller gets; null for a purchase. */
  readonly payout: Micro | null;
  readonly priceBeforePpm: number;
  readonly priceAfterPpm: number;
}

/** The same arithmetic as a trade, without an event. */
export function quote(state: ReadableState, request: QuoteRequest, nowMs: number): Quote | Refusal {
  const { side, marketId, outcome: name } = request;
  const market = state.markets.get(marketId);
  if (market === undefined) return marketUnknown(marketId);
  const status = statusAt(market, nowMs);
  if (status !== 'open') return refuse('market-not-open', `market ${marketId} is ${status}`);
  const outcome = market.terms.outcomes.indexOf(name);
  if (outcome < 0) return noSuchOutcome(market, name);
  const mechanism = mechanismOf(market.terms.mechanism);
  const maker = { pools: market.pools, feeBps: market.terms.feeBps };
  const priceBeforePpm = mechanism.prices(market.pools)[outcome] ?? 0;
  if (request.side === 'buy') {
    const { fee, shares, pools } = mechanism.buy(maker, outcome, request.amount);
    if (shares <= 0n) return refuse('amount-too-small', `${formatDecimal(request.amount)} buys no share`);
    const priceAfterPpm = mechanism.prices(pools)[outcome] ?? 0;
    return {
      side,
      marketId,
      outcome: name,
      amount: request.amount,
      fee,
      shares,
      payout: null,
      priceBeforePpm,
      priceAfterPpm,
    };
  }
  const { gross, fee, payout, pools } = mechanism.sell(maker, outcome, request.shares);
  if (payout <= 0n) return refuse('amount-too-small', `${formatDecimal(request.shares)} shares pay nothing`);
  const priceAfterPpm = mechanism.prices(pools)[outcome] ?? 0;
  return {
    side,
    marketId,
    outcome: name,
    amount: gross,
    fee,
    shares: request.shares,
    payout,
    priceBeforePpm,
    priceAfterPpm,
  };
}
