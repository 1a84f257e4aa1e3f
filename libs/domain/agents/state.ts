import type { Micro } from '../units.js';

export interface Agent {
  readonly name: string;
  readonly available: Micro;
  readonly staked: Micro;
  /** G up to which the stake is accrued, in ppm × ms. */
  readonly integral: bigint;
  /** N: accrued and not credited, in micro × ppm × ms. */
  readonly accrued: bigint;
  /** Ordinal of the distribution through which the agent was credited. */
  readonly ordinal: number;
  /** Yield credited so far. */
  readonly yieldEarned: Micro;
}
