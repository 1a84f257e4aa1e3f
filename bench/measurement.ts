import type { Bench } from './bench.js';

/** One number that was measured. */
export interface Figure {
  /** What was measured, in a few words. */
  readonly of: string;
  readonly value: number;
  /** Such as `commands/s` or `ms`. */
  readonly unit: string;
  /** The rounds that `value` is the median of. */
  readonly rounds?: readonly number[];
}

/** What a ratio, or a figure that has a limit of its own, is held against. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** A figure against its yardstick. */
export interface Ratio {
  /** What is divided by what, in words. */
  readonly of: string;
  readonly value: number;
  /** Absent where the design sets none and the ratio is for information. */
  readonly target?: Target;
}

/** What one measurement came to. */
export interface Finding {
  readonly figures: readonly Figure[];
  readonly ratios: readonly Ratio[];
}

/** One line of the table of targets. */
export interface Measurement {
  /** Such as `P4`. */
  readonly id: string;
  /** The work, as the table of targets words it. */
  readonly title: string;
  run(bench: Bench): Promise<Finding>;
}

export function isMet({ value, target }: Ratio): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}
