import type { Domain, Duration } from '../orchestrator/state.js';
import type { AgentId, MarketId, Micro, WorldEventId } from '../units.js';

export interface CreateMarket {
  readonly type: 'CreateMarket';
  /** Absent: `MKT_{eventId}_{duration}`. */
  readonly marketId?: MarketId;
  readonly eventId?: WorldEventId;
  readonly title: string;
  readonly description?: string;
  readonly domain?: Domain;
  readonly duration?: Duration;
  /** ms since the Unix epoch; absent: now and the duration. */
  readonly expiresAtMs?: number;
  /** 2 to 16 distinct names; absent: YES, NO. */
  readonly outcomes?: readonly string[];
  readonly liquidity?: Micro;
  readonly feeBps?: number;
}

export interface PlaceBet {
  readonly type: 'PlaceBet';
  readonly marketId: MarketId;
  readonly agentId: AgentId;
  /** Name of the outcome. */
  readonly outcome: string;
  /** The budget, fee included. */
  readonly amount: Micro;
  readonly minShares?: Micro;
}

export interface SellShares {
  readonly type: 'SellShares';
  readonly marketId: MarketId;
  readonly agentId: AgentId;
  readonly outcome: string;
  readonly shares: Micro;
  readonly minPayout?: Micro;
}

export interface CloseMarket {
  readonly type: 'CloseMarket';
  readonly marketId: MarketId;
}

/** Either one winning outcome by name, or a weight for each. */
export interface ResolveMarket {
  readonly type: 'ResolveMarket';
  readonly marketId: MarketId;
  readonly outcome?: string;
  readonly payout?: readonly number[];
}

export interface VoidMarket {
  readonly type: 'VoidMarket';
  readonly marketId: MarketId;
  readonly reason: string;
}

export type MarketCommand = CreateMarket | PlaceBet | SellShares | CloseMarket | ResolveMarket | VoidMarket;
