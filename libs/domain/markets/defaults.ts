/** Outcomes of a market that names none. */
export const DEFAULT_OUTCOMES: readonly string[] = ['YES', 'NO'];
/** A market has at least so many outcomes … */
export const OUTCOMES_MIN = 2;
/** … and at most so many. */
export const OUTCOMES_MAX = 16;
/** The highest fee of a market, in basis points. */
export const FEE_MAX_BPS = 5_000;
/** The largest weight of an outcome in a payout vector. */
export const PAYOUT_WEIGHT_MAX = 1_000_000;
