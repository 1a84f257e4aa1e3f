import {
  accruedAt,
  formatDecimal,
  MICRO_PER_UNIT,
  portfolioOf,
  pricesOf,
  touch,
  Y,
  type Agent,
  type AgentId,
  type Market,
  type State,
  type YieldAccount,
} from '#domain';

interface PositionView {
  readonly marketId: string;
  readonly outcome: string;
  readonly shares: string;
  /** At the price of the moment, rounded down. */
  readonly value: string;
}

/** An agent with what a touch would credit: its balance as it could spend it. */
export interface AgentView {
  readonly agentId: string;
  readonly name: string;
  readonly available: string;
  readonly staked: string;
  readonly yieldEarned: string;
  readonly yieldPending: string;
  /** N mod Y, in micro × ppm × ms. */
  readonly yieldRemainder: string;
  readonly positions: readonly PositionView[];
}

/** An agent without its positions. */
export type BalancesView = Omit<AgentView, 'positions'>;

/** `nowMs` is until when its pending yield has accrued. */
export function agentView(
  state: State,
  { agentId, agent, nowMs }: { readonly agentId: AgentId; readonly agent: Agent; readonly nowMs: number },
): AgentView {
  return {
    ...balancesView(agentId, agent, { yieldAccount: state.yieldAccount, nowMs }),
    positions: positionsOf(state, agentId),
  };
}

/** What `agentView` shows, without the positions: `yieldAccount` is the timeline's, `nowMs` as there. */
export function balancesView(
  agentId: string,
  agent: Agent,
  { yieldAccount, nowMs }: { readonly yieldAccount: YieldAccount; readonly nowMs: number },
): BalancesView {
  const { agent: touched, credit } = touch(agent, yieldAccount);
  const accrued = accruedAt(touched, yieldAccount, nowMs);
  return {
    agentId,
    name: agent.name,
    available: formatDecimal(agent.available + credit),
    staked: formatDecimal(agent.staked),
    yieldEarned: formatDecimal(touched.yieldEarned),
    yieldPending: formatDecimal(accrued / Y),
    yieldRemainder: (accrued % Y).toString(),
  };
}

function positionsOf(state: State, agentId: AgentId): readonly PositionView[] {
  return portfolioOf(state, agentId).flatMap(({ marketId, shares }) => {
    const market = state.markets.get(marketId);
    if (market === undefined) return [];
    const prices = pricesOf(market);
    return shares.flatMap((held, i) =>
      held > 0n ? [positionView(market, { outcome: i, held, pricePpm: prices[i] ?? 0 })] : [],
    );
  });
}

function positionView(
  { terms }: Market,
  { outcome, held, pricePpm }: { readonly outcome: number; readonly held: bigint; readonly pricePpm: number },
): PositionView {
  return {
    marketId: terms.marketId,
    outcome: terms.outcomes[outcome] ?? String(outcome),
    shares: formatDecimal(held),
    value: formatDecimal((held * BigInt(pricePpm)) / MICRO_PER_UNIT),
  };
}
