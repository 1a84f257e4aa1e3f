import type { Domain, Duration, Stats } from '../orchestrator/state.js';
import type { AgentId, DocumentName, MarketId, Micro, WorldEventId } from '../units.js';

/** What a replaced system knew, in the units of this one. It goes into a timeline in which nothing has happened yet. */
export interface ImportLegacy {
  readonly type: 'ImportLegacy';
  /** Null where the old system kept no stakes. */
  readonly economy: LegacyEconomy | null;
  readonly markets: readonly LegacyMarket[];
  readonly stats: Stats | null;
  readonly world: LegacyWorld | null;
  /** The source files as they were, by the name they are kept under. */
  readonly documents: readonly { readonly name: DocumentName; readonly text: string }[];
}

export interface LegacyEconomy {
  readonly apyPpm: number;
  /** Through when yield was paid, rounded up to the ms: it accrues from here on. */
  readonly lastPayoutMs: number;
  readonly totalDistributed: Micro;
  readonly stakes: readonly { readonly agentId: AgentId; readonly amount: Micro }[];
}

export interface LegacyMarket {
  readonly marketId: MarketId;
  readonly eventId: WorldEventId | null;
  readonly title: string;
  readonly description: string;
  readonly domain: Domain;
  readonly duration: Duration;
  readonly outcomes: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly viralityTenths: number | null;
  readonly volume: Micro;
  /** As the old files have them, one for each outcome; they may be 0 or less. */
  readonly pools: readonly Micro[];
  readonly status: 'open' | 'closed';
}

export interface LegacyWorld {
  readonly globalTensionPpm: number;
  readonly recentReasoning: string;
  readonly eventLog: readonly string[];
}
