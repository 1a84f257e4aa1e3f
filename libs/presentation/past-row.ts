import type { AgentId } from '#domain';
import type { PastView } from '#runtime';
import { agentView, type AgentView } from './agent.js';
import { marketView, type MarketView } from './market.js';
import { formatTime } from './time.js';

/** Which version a row of the past is shown at. */
export interface At {
  readonly timeline: string;
  readonly version: number;
  /** Time of that version's event; what has accrued is told as of then. */
  readonly at: string;
}

/** An agent as it was; undefined where it was not there yet. */
export function pastAgentView(past: PastView, agentId: AgentId): (At & AgentView) | undefined {
  const { state } = past;
  const agent = state.agents.get(agentId);
  return agent && { ...atOf(past), ...agentView(state, { agentId, agent, nowMs: state.nowMs }) };
}

/** A market as it was; undefined where it was not there yet. */
export function pastMarketView(past: PastView, marketId: string): (At & MarketView) | undefined {
  const { state } = past;
  const market = state.markets.get(marketId);
  return market && { ...atOf(past), ...marketView(market, state.nowMs) };
}

const atOf = ({ timeline, state, version }: PastView): At => ({ timeline, version, at: formatTime(state.nowMs) });
