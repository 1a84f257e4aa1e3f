import { ZERO, type Micro } from '../units.js';

/** One year in ms, times ppm: what turns an integral (micro × ppm × ms) into micro-units. */
export const Y = 31_536_000_000n * 1_000_000n;

/** What all stakes of a timeline have accrued, as integrals: the number of stakers does not matter. */
export interface YieldAccount {
  readonly apyPpm: number;
  /** G and A are computed up to this time, ms. */
  readonly computedMs: number;
  /** G = ∫ rate dt, in ppm × ms. */
  readonly integral: bigint;
  /** A = ∫ S × rate dt, in micro × ppm × ms. */
  readonly accrued: bigint;
  /** S, the sum of all stakes. */
  readonly totalStaked: Micro;
  /** Σ of all distributions. */
  readonly distributed: Micro;
  /** What a replaced system had distributed before; shown in `totalDistributed`, credited to nobody. */
  readonly openingDistributed: Micro;
  /** How many distributions there were. */
  readonly ordinal: number;
  /** G at the last distribution. */
  readonly distributedIntegral: bigint;
  /** Through when the last distribution paid, ms; null before the first. */
  readonly lastPayoutMs: number | null;
  /** Agents with a stake above 0. */
  readonly stakers: number;
}

/** Before a timeline's first event: nothing staked, the default rate. */
export const NO_YIELD: YieldAccount = {
  apyPpm: 50_000,
  computedMs: 0,
  integral: 0n,
  accrued: 0n,
  totalStaked: ZERO,
  distributed: ZERO,
  openingDistributed: ZERO,
  ordinal: 0,
  distributedIntegral: 0n,
  lastPayoutMs: null,
  stakers: 0,
};
