import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { formatDecimal, touch, type Agent, type AgentId } from '#domain';
import type { Followed } from '#runtime';
import { Boot } from '../boot.js';
import type { Answer } from '../queries/answer.js';
import { decimal, words } from '../reference/schemas.js';
import { readSeries, seriesSchema, type SeriesTarget, type SeriesView } from '../series/read-series.js';
import { agentUnknown } from './queries.js';

interface BalancePoint {
  readonly available: string;
  readonly staked: string;
}

type BalanceSeriesView = SeriesView<BalancePoint> & { readonly agentId: string };

export const balanceSeriesSchema = seriesSchema({ agentId: words }, { available: decimal, staked: decimal });

/** How an agent's balances changed. */
export class GetBalanceSeries extends Query<Answer<BalanceSeriesView>> {
  constructor(
    readonly target: SeriesTarget,
    readonly agentId: AgentId,
  ) {
    super();
  }
}

@QueryHandler(GetBalanceSeries)
export class GetBalanceSeriesHandler implements IQueryHandler<GetBalanceSeries> {
  constructor(private readonly boot: Boot) {}

  async execute({ target, agentId }: GetBalanceSeries): Promise<Answer<BalanceSeriesView>> {
    const answer = await readSeries(this.boot, target, { followed: balancesOf(agentId), show: showBalances });
    if (answer === undefined) throw agentUnknown(agentId);
    const { timeline, ...series } = answer.body;
    return { ...answer, body: { timeline, agentId, ...series } };
  }
}

interface Balances {
  readonly available: bigint;
  readonly staked: bigint;
}

/** As views show them: with what a touch would credit. Lowest and highest are those of what is available. */
function balancesOf(agentId: AgentId): Followed<Balances> {
  let seen: { readonly agent: Agent; readonly ordinal: number } | undefined;
  return {
    births: ['AgentRegistered'],
    isBirth: ({ data }) => 'agentId' in data && data.agentId === agentId,
    look: ({ agents, yieldAccount }, last) => {
      const agent = agents.get(agentId);
      // Each distribution may pay the agent without a change of its row.
      const { ordinal } = yieldAccount;
      if (agent === undefined || (agent === seen?.agent && ordinal === seen.ordinal)) return last;
      seen = { agent, ordinal };
      const available = agent.available + touch(agent, yieldAccount).credit;
      const { staked } = agent;
      return last?.available === available && last.staked === staked ? last : { available, staked };
    },
    compare: (one, other) => (one.available === other.available ? 0 : one.available < other.available ? -1 : 1),
  };
}

const showBalances = ({ available, staked }: Balances): BalancePoint => ({
  available: formatDecimal(available),
  staked: formatDecimal(staked),
});
