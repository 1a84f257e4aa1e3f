import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { AgentId, State } from '#domain';
import { agentView, type AgentView } from '../agents/agent-view.js';
import { agentUnknown } from '../agents/queries.js';
import { Boot } from '../boot.js';
import { marketView, type MarketView } from '../markets/market-view.js';
import { marketUnknown } from '../markets/queries.js';
import { formatTime } from '../presentation/time.js';
import type { Answer } from '../queries/answer.js';
import { readPast, type PastTarget } from './read-past.js';

/** Which version a row of the past is shown at. */
interface At {
  readonly timeline: string;
  readonly version: number;
  /** Time of that version's event; what has accrued is told as of then. */
  readonly at: string;
}

/** An agent as it was. */
export class GetPastAgent extends Query<Answer<At & AgentView>> {
  constructor(
    readonly target: PastTarget,
    readonly agentId: AgentId,
  ) {
    super();
  }
}

@QueryHandler(GetPastAgent)
export class GetPastAgentHandler implements IQueryHandler<GetPastAgent> {
  constructor(private readonly boot: Boot) {}

  execute({ target, agentId }: GetPastAgent): Promise<Answer<At & AgentView>> {
    return readPast(this.boot, target, (state, version) => {
      const agent = state.agents.get(agentId);
      if (agent === undefined) throw agentUnknown(agentId);
      return { ...atOf(target, state, version), ...agentView(state, { agentId, agent, nowMs: state.nowMs }) };
    });
  }
}

/** A market as it was. */
export class GetPastMarket extends Query<Answer<At & MarketView>> {
  constructor(
    readonly target: PastTarget,
    readonly marketId: string,
  ) {
    super();
  }
}

@QueryHandler(GetPastMarket)
export class GetPastMarketHandler implements IQueryHandler<GetPastMarket> {
  constructor(private readonly boot: Boot) {}

  execute({ target, marketId }: GetPastMarket): Promise<Answer<At & MarketView>> {
    return readPast(this.boot, target, (state, version) => {
      const market = state.markets.get(marketId);
      if (market === undefined) throw marketUnknown(marketId);
      return { ...atOf(target, state, version), ...marketView(market, state.nowMs) };
    });
  }
}

const atOf = ({ timeline }: PastTarget, { nowMs }: State, version: number): At => ({
  timeline,
  version,
  at: formatTime(nowMs),
});
