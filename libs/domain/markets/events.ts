import type { Domain, Duration } from '../orchestrator/state.js';
import type { AgentId, MarketId, MicroText, WorldEventId } from '../units.js';
import type { Mechanism } from './state.js';

export interface MarketCreated {
  readonly type: 'MarketCreated';
  readonly data: {
    readonly marketId: MarketId;
    readonly eventId: WorldEventId | null;
    readonly title: string;
    readonly description: string;
    readonly domain: Domain;
    readonly duration: Duration;
    readonly outcomes: readonly string[];
    readonly mechanism: Mechanism;
    readonly liquidity: MicroText;
    readonly feeBps: number;
    readonly expiresAtMs: number;
    readonly viralityTenths: number | null;
    /** Opened by the orchestrator for a world event, not by a client. */
    readonly automatic: boolean;
  };
}

export interface BetPlaced {
  readonly type: 'BetPlaced';
  readonly data: {
    readonly marketId: MarketId;
    readonly agentId: AgentId;
    /** Index of the outcome. */
    readonly outcome: number;
    /** The budget, fee included. */
    readonly amount: MicroText;
    readonly fee: MicroText;
    readonly shares: MicroText;
    /** Of the outcome bought. */
    readonly priceBeforePpm: number;
    readonly priceAfterPpm: number;
  };
}

export interface SharesSold {
  readonly type: 'SharesSold';
  readonly data: {
    readonly marketId: MarketId;
    readonly agentId: AgentId;
    readonly outcome: number;
    readonly shares: MicroText;
    /** What left the escrow; the trader got it less the fee. */
    readonly gross: MicroText;
    readonly fee: MicroText;
    readonly priceBeforePpm: number;
    readonly priceAfterPpm: number;
  };
}

export interface MarketClosed {
  readonly type: 'MarketClosed';
  readonly data: { readonly marketId: MarketId; readonly reason: 'expired' | 'command' | 'settlement' };
}

export interface RecordedPayout {
  readonly agentId: AgentId;
  readonly amount: MicroText;
}

export interface MarketResolved {
  readonly type: 'MarketResolved';
  readonly data: {
    readonly marketId: MarketId;
    readonly payout: readonly number[];
    /** What each holder was paid, in order of id; holders who got nothing are left out. */
    readonly payouts: readonly RecordedPayout[];
    /** Back to issuance. */
    readonly returned: MicroText;
  };
}

export interface MarketVoided {
  readonly type: 'MarketVoided';
  readonly data: {
    readonly marketId: MarketId;
    readonly reason: string;
    readonly payouts: readonly RecordedPayout[];
    readonly returned: MicroText;
    /** The claims were more than the escrow and were paid in proportion. */
    readonly proRata: boolean;
  };
}

export type MarketEvent = MarketCreated | BetPlaced | SharesSold | MarketClosed | MarketResolved | MarketVoided;
