import { expect, test } from '@jest/globals';
import { leastOfEachMinute, trendOf } from './trend.js';

const hour = Array.from({ length: 60 }, (_, minutes) => minutes);

test('what grows is told from what bursts', () => {
  const grows = trendOf(
    'heapMiB',
    hour.map((minutes) => ({ minutes, value: 100 + minutes / 10 })),
  );
  expect(grows.slopePerHour).toBeCloseTo(6);
  expect(grows.quarters).toEqual([100.7, 102.2, 103.7, 105.2].map((value) => expect.closeTo(value)));
  expect(grows.max).toBeCloseTo(105.9);
  const bursts = trendOf(
    'descriptors',
    hour.map((minutes) => ({ minutes, value: minutes > 50 && minutes < 57 ? 1_000 : 30 })),
  );
  expect(bursts).toMatchObject({ slopePerHour: 0, quarters: [30, 30, 30, 30], max: 1_000 });
});

test('of what saws up and down the least of each minute counts', () => {
  const saw = [0.1, 0.5, 0.9, 1.2, 1.6].map((minutes, i) => ({ minutes, value: [9, 5, 7, 4, 8][i] ?? 0 }));
  expect(leastOfEachMinute(saw).map(({ value }) => value)).toEqual([5, 4]);
});
