import { median } from '../../bench/rounds.js';

/** One figure over the run, from the time when it had warmed up. */
export interface Trend {
  readonly what: string;
  /** The median of each quarter. */
  readonly quarters: readonly number[];
  readonly max: number;
  /** By Theil and Sen, the median of the slopes between all pairs: a burst does not tilt it. */
  readonly slopePerHour: number;
}

/** One sample of a figure. */
export interface Point {
  readonly minutes: number;
  readonly value: number;
}

/** Whatever saws up and down, a heap, has what it keeps in its least. */
export function leastOfEachMinute(points: readonly Point[]): readonly Point[] {
  const least = new Map<number, Point>();
  for (const point of points) {
    const minute = Math.floor(point.minutes);
    const other = least.get(minute);
    if (other === undefined || other.value > point.value) least.set(minute, point);
  }
  return [...least.values()];
}

/** Of samples in the order of time. */
export function trendOf(what: string, points: readonly Point[]): Trend {
  const values = points.map(({ value }) => value);
  const quarter = (index: number): number => Math.round((index * values.length) / 4);
  const slopes = points.flatMap((from, i) =>
    points.slice(i + 1).map((to) => (to.value - from.value) / (to.minutes - from.minutes)),
  );
  return {
    what,
    quarters: [0, 1, 2, 3].map((index) => median(values.slice(quarter(index), quarter(index + 1)))),
    max: Math.max(...values),
    slopePerHour: median(slopes) * 60,
  };
}
