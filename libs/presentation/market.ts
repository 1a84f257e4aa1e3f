import { formatDecimal, pricesOf, statusAt, type Domain, type Duration, type Market, type MarketStatus } from '#domain';
import { formatPpm, formatTenths } from './decimals.js';
import { formatTime } from './time.js';

/** How a market ended. */
type ResolutionView =
  | {
      readonly kind: 'resolved';
      /** The outcomes' weights. */
      readonly payout: readonly number[];
      /** The only outcome with a weight; null where several share. */
      readonly winner: string | null;
      readonly at: string;
    }
  | { readonly kind: 'void'; readonly reason: string; readonly at: string };

/** A market with its prices. */
export interface MarketView {
  readonly marketId: string;
  readonly eventId: string | null;
  readonly title: string;
  readonly description: string;
  readonly domain: Domain;
  readonly duration: Duration;
  readonly status: MarketStatus;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Prices sum to exactly 1; those of a settled market are its last. */
  readonly outcomes: readonly { readonly name: string; readonly price: string; readonly pool: string }[];
  readonly volume: string;
  readonly fees: string;
  readonly feeBps: number;
  readonly escrow: string;
  readonly liquidity: string;
  readonly viralityScore: string | null;
  readonly resolution: ResolutionView | null;
}

/** `nowMs` decides whether an open market has expired. */
export function marketView(market: Market, nowMs: number): MarketView {
  const { terms, pools, volume, fees, escrow } = market;
  const prices = pricesOf(market);
  return {
    marketId: terms.marketId,
    eventId: terms.eventId,
    title: terms.title,
    description: terms.description,
    domain: terms.domain,
    duration: terms.duration,
    status: statusAt(market, nowMs),
    createdAt: formatTime(terms.createdAtMs),
    expiresAt: formatTime(terms.expiresAtMs),
    outcomes: terms.outcomes.map((name, i) => ({
      name,
      price: formatPpm(prices[i] ?? 0),
      pool: formatDecimal(pools[i] ?? 0n),
    })),
    volume: formatDecimal(volume),
    fees: formatDecimal(fees),
    feeBps: terms.feeBps,
    escrow: formatDecimal(escrow),
    liquidity: formatDecimal(terms.liquidity),
    viralityScore: terms.viralityTenths === null ? null : formatTenths(terms.viralityTenths),
    resolution: resolutionView(market),
  };
}

function resolutionView({ terms, phase }: Market): ResolutionView | null {
  switch (phase.status) {
    case 'open':
    case 'closed':
      return null;
    case 'resolved':
      return {
        kind: 'resolved',
        payout: phase.payout,
        winner: winnerOf(terms.outcomes, phase.payout),
        at: formatTime(phase.resolvedAtMs),
      };
    case 'void':
      return { kind: 'void', reason: phase.reason, at: formatTime(phase.voidedAtMs) };
  }
}

function winnerOf(outcomes: readonly string[], payout: readonly number[]): string | null {
  const winners = outcomes.filter((_, i) => (payout[i] ?? 0) > 0);
  return winners.length === 1 ? (winners[0] ?? null) : null;
}
