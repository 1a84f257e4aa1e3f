export const DEFAULT_OUTCOMES: readonly string[] = ['YES', 'NO'];
export const OUTCOMES_MIN = 2;
export const OUTCOMES_MAX = 16;
export const FEE_MAX_BPS = 5_000;
export const PAYOUT_WEIGHT_MAX = 1_000_000;
