import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SeriesPoint } from './contract.js';
import { Sampler } from './sampler.js';

const sampled = (points: readonly SeriesPoint<number>[], pointsMax: number) => {
  const sampler = new Sampler<number>({ pointsMax, compare: (a, b) => a - b });
  for (const point of points) sampler.add(point);
  return sampler;
};

const history = fc
  .array(fc.tuple(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 50_000 })), fc.integer()), { maxLength: 400 })
  .map((steps) => {
    let version = 0;
    return steps.map(([gap, value]) => ({ version: (version += gap), atMs: version * 10, value }));
  });

describe('a series is sampled', () => {
  test('never above its limit, in order, and with points that were there', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 2, max: 60 }), (points, pointsMax) => {
        const sampler = sampled(points, pointsMax);
        const kept = sampler.points();
        expect(sampler.total).toBe(points.length);
        expect(kept.length).toBeLessThanOrEqual(pointsMax);
        expect(kept).toEqual(points.filter((point) => kept.includes(point)));
        if (points.length <= pointsMax) expect(kept).toEqual(points);
      }),
    );
  });

  test('the first, the last, the lowest and the highest of all are kept', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 4, max: 60 }), (points, pointsMax) => {
        const kept = sampled(points, pointsMax).points();
        expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
        const values = (of: readonly SeriesPoint<number>[]) => of.map(({ value }) => value);
        expect(Math.min(...values(kept))).toBe(Math.min(...values(points)));
        expect(Math.max(...values(kept))).toBe(Math.max(...values(points)));
      }),
    );
  });

  test('a busy stretch within a long quiet one gets its points', () => {
    const busy = Array.from({ length: 1_000 }, (_, i) => ({ version: 500_000 + i, atMs: i, value: i % 7 }));
    const late = { version: 2_000_000, atMs: 2_000, value: 3 };
    expect(sampled([...busy, late], 200).points().length).toBeGreaterThan(20);
  });

  test('two points are the first and the last', () => {
    const points = [5, 9, 1, 7].map((value, i) => ({ version: i + 1, atMs: i, value }));
    expect(sampled(points, 2).points()).toEqual([points[0], points[3]]);
  });
});
