import type { Domain, Duration } from '../orchestrator/state.js';
import type { AgentId, MarketId, Micro, WorldEventId } from '../units.js';

/** What a market was opened with; never changes. */
export interface MarketTerms {
  readonly marketId: MarketId;
  readonly eventId: WorldEventId | null;
  readonly title: string;
  readonly description: string;
  readonly domain: Domain;
  readonly duration: Duration;
  readonly outcomes: readonly string[];
  readonly mechanism: Mechanism;
  readonly liquidity: Micro;
  readonly feeBps: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Virality of the source event, in tenths; null without one. */
  readonly viralityTenths: number | null;
}

/** The market maker; more are to come. */
export type Mechanism = 'fixed-product';

export type Phase =
  | { readonly status: 'open' }
  | { readonly status: 'closed'; readonly closedAtMs: number }
  | {
      readonly status: 'resolved';
      /** Weights of the outcomes; one winner is a unit vector. */
      readonly payout: readonly number[];
      readonly resolvedAtMs: number;
      readonly closingPricesPpm: readonly number[];
    }
  | {
      readonly status: 'void';
      readonly reason: string;
      readonly voidedAtMs: number;
      readonly closingPricesPpm: readonly number[];
    };

/** Where a market stands in its life. */
export type MarketStatus = Phase['status'];
export type MarketCounts = Readonly<Record<MarketStatus, number>>;

/** A market as it stands; settled ones stay for ever, so that no id is re-used. */
export interface Market {
  readonly terms: MarketTerms;
  readonly phase: Phase;
  /** Shares of each outcome that the market maker holds; all 0 once settled. */
  readonly pools: readonly Micro[];
  readonly escrow: Micro;
  readonly fees: Micro;
  /** Σ budgets bought + Σ gross sold. */
  readonly volume: Micro;
}

/** What an agent has in one market that is not settled. */
export interface Holding {
  readonly marketId: MarketId;
  readonly agentId: AgentId;
  /** Shares of each outcome. */
  readonly shares: readonly Micro[];
  /** Budgets paid, fees included. */
  readonly paid: Micro;
  /** Proceeds of sales, after fees. */
  readonly received: Micro;
}

/** Ids have no slash, so the pair is unique. */
export const holdingId = (marketId: MarketId, agentId: AgentId): string => `${marketId}/${agentId}`;

/** A market at a time: one past its `expiresAt` counts as closed, though nobody has recorded it yet. */
export const statusAt = (market: Market, nowMs: number): MarketStatus =>
  market.phase.status === 'open' && market.terms.expiresAtMs <= nowMs ? 'closed' : market.phase.status;
