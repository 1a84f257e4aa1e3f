/** How good the prices were as forecasts. */
export interface Accuracy {
  /** Mean squared distance of the closing prices from what happened: 0 is perfect, 0.25 is a coin (G. W. Brier, 1950). */
  readonly brier: number;
  /** How often it rained on the days that were asked about. */
  readonly baseRate: number;
  /** The score of somebody who says the base rate every day. */
  readonly baseRateBrier: number;
}

/** The closing price of YES beside what happened. */
export interface Forecast {
  readonly date: string;
  readonly probability: number;
  readonly rained: boolean;
}

export function accuracyOf(forecasts: readonly Forecast[]): Accuracy {
  const baseRate = mean(forecasts.map(({ rained }) => (rained ? 1 : 0)));
  return {
    brier: mean(forecasts.map(({ probability, rained }) => (probability - (rained ? 1 : 0)) ** 2)),
    baseRate,
    baseRateBrier: baseRate * (1 - baseRate),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
