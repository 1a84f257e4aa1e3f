import type { State } from '../state.js';
import type { AgentId, MarketId } from '../units.js';
import { holdingId, type Holding } from './state.js';

/** A market's holdings in order of agent id. */
export function holdingsOf(state: State, marketId: MarketId): readonly Holding[] {
  return state.holdersOfMarket
    .members(marketId)
    .map((agentId) => state.holdings.get(holdingId(marketId, agentId as AgentId)))
    .filter((holding) => holding !== undefined);
}

/** An agent's holdings in order of market id. */
export function portfolioOf(state: State, agentId: AgentId): readonly Holding[] {
  return state.marketsOfAgent
    .members(agentId)
    .map((marketId) => state.holdings.get(holdingId(marketId as MarketId, agentId)))
    .filter((holding) => holding !== undefined);
}
