import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { formatDecimal, type YieldAccount } from '#domain';
import { Boot } from '../boot.js';
import { formatPpm } from '../presentation/decimals.js';
import { formatTime } from '../presentation/time.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';

export interface YieldView {
  readonly apy: string;
  /** Through when the last distribution paid; null before the first. */
  readonly lastPayout: string | null;
  readonly totalStaked: string;
  /** What a replaced system had distributed included. */
  readonly totalDistributed: string;
  /** Agents with a stake. */
  readonly stakers: number;
}

export class GetYield extends Query<Answer<YieldView>> {
  constructor(readonly target: ReadTarget) {
    super();
  }
}

@QueryHandler(GetYield)
export class GetYieldHandler implements IQueryHandler<GetYield> {
  constructor(private readonly boot: Boot) {}

  execute({ target }: GetYield): Promise<Answer<YieldView>> {
    return readLive(this.boot, target, ({ state }) => yieldView(state.yieldAccount));
  }
}

export const yieldView = (account: YieldAccount): YieldView => ({
  apy: formatPpm(account.apyPpm),
  lastPayout: account.lastPayoutMs === null ? null : formatTime(account.lastPayoutMs),
  totalStaked: formatDecimal(account.totalStaked),
  totalDistributed: formatDecimal(account.distributed + account.openingDistributed),
  stakers: account.stakers,
});
