import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { AgentId } from '#domain';
import { agentView, type AgentView, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { pageOf, type ListQuery } from '../http/pages.js';
import { ProblemError } from '../problems/problem-error.js';
import { readList, readLive, type Answer, type ReadTarget } from '../queries/answer.js';

/** Positions that one page may hold before it ends early; an agent may have thousands. */
const POSITIONS_PER_PAGE_MAX = 10_000;

export class GetAgent extends Query<Answer<AgentView>> {
  constructor(
    readonly target: ReadTarget,
    readonly agentId: AgentId,
  ) {
    super();
  }
}

@QueryHandler(GetAgent)
export class GetAgentHandler implements IQueryHandler<GetAgent> {
  constructor(private readonly boot: Boot) {}

  execute({ target, agentId }: GetAgent): Promise<Answer<AgentView>> {
    return readLive(this.boot, target, ({ state, nowMs }) => {
      const agent = state.agents.get(agentId);
      if (agent === undefined) throw agentUnknown(agentId);
      return agentView(state, { agentId, agent, nowMs });
    });
  }
}

export class ListAgents extends Query<Answer<Page<AgentView>>> {
  constructor(
    readonly target: ReadTarget,
    readonly query: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListAgents)
export class ListAgentsHandler implements IQueryHandler<ListAgents> {
  constructor(private readonly boot: Boot) {}

  execute({ target, query }: ListAgents): Promise<Answer<Page<AgentView>>> {
    return readList(this.boot, target, ({ state, nowMs }) => {
      let positions = 0;
      return pageOf(state.agents.sortedIds(), query, {
        present: (id) => {
          const agent = state.agents.get(id);
          const view = agent && agentView(state, { agentId: id as AgentId, agent, nowMs });
          positions += view?.positions.length ?? 0;
          return view;
        },
        isFull: () => positions >= POSITIONS_PER_PAGE_MAX,
      });
    });
  }
}

export const agentUnknown = (agentId: string): ProblemError =>
  new ProblemError('agent-unknown', `There is no agent ${agentId}.`);
