import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { AgentId } from '#domain';
import { pastAgentView, pastMarketView, type AgentView, type At, type MarketView } from '#presentation';
import { agentUnknown } from '../agents/queries.js';
import { Boot } from '../boot.js';
import { marketUnknown } from '../markets/queries.js';
import type { Answer } from '../queries/answer.js';
import { readPast, type PastTarget } from './read-past.js';

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
    return readPast(this.boot, target, (past) => {
      const view = pastAgentView(past, agentId);
      if (view === undefined) throw agentUnknown(agentId);
      return view;
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
    return readPast(this.boot, target, (past) => {
      const view = pastMarketView(past, marketId);
      if (view === undefined) throw marketUnknown(marketId);
      return view;
    });
  }
}
