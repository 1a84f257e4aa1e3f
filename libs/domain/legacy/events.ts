import type { Domain, Duration } from '../orchestrator/state.js';
import type { AgentId, MarketId, MicroText, WorldEventId } from '../units.js';

/** Rate and integrals of a replaced system: they start where it last paid, so no time is paid twice or skipped. */
export interface LegacyEconomyImported {
  readonly type: 'LegacyEconomyImported';
  readonly data: {
    readonly apyPpm: number;
    readonly lastPayoutMs: number;
    /** Shown in `totalDistributed`, credited to nobody. */
    readonly totalDistributed: MicroText;
  };
}

/** From issuance to staked, accruing from the last payout on. */
export interface LegacyStakeImported {
  readonly type: 'LegacyStakeImported';
  readonly data: { readonly agentId: AgentId; readonly amount: MicroText };
}

/** A market as the old files describe it; the agent `holder` gets the shares that its pools lack, for nothing. */
export interface LegacyMarketImported {
  readonly type: 'LegacyMarketImported';
  readonly data: {
    readonly marketId: MarketId;
    readonly eventId: WorldEventId | null;
    readonly title: string;
    readonly description: string;
    readonly domain: Domain;
    readonly duration: Duration;
    readonly outcomes: readonly string[];
    readonly feeBps: number;
    readonly createdAtMs: number;
    readonly expiresAtMs: number;
    readonly viralityTenths: number | null;
    readonly volume: MicroText;
    readonly pools: readonly MicroText[];
    /** The larger pool: escrow and liquidity, from issuance. */
    readonly liquidity: MicroText;
    readonly status: 'open' | 'closed';
    readonly holder: AgentId;
  };
}

export interface LegacyStatsImported {
  readonly type: 'LegacyStatsImported';
  readonly data: {
    readonly eventsProcessed: number;
    readonly marketsCreated: number;
    readonly marketsAutoCreated: number;
  };
}

export type LegacyEvent = LegacyEconomyImported | LegacyStakeImported | LegacyMarketImported | LegacyStatsImported;
