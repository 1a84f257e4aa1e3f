import { formatDecimal, type YieldAccount } from '#domain';
import { formatPpm } from './decimals.js';
import { formatTime } from './time.js';

/** What stakes come to. */
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

/** Money and rate in HTTP units. */
export const yieldView = (account: YieldAccount): YieldView => ({
  apy: formatPpm(account.apyPpm),
  lastPayout: account.lastPayoutMs === null ? null : formatTime(account.lastPayoutMs),
  totalStaked: formatDecimal(account.totalStaked),
  totalDistributed: formatDecimal(account.distributed + account.openingDistributed),
  stakers: account.stakers,
});
