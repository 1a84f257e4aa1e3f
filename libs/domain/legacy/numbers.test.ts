import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseIsoMs, scaled } from './numbers.js';

describe('a number', () => {
  test.each([
    [806.07, 806_070_000n],
    [0.00038690417482359563, 387n],
    [889.7223296780996, 889_722_330n],
    [413.73999999999995, 413_740_000n],
    [1e21, 10n ** 27n],
    [5e-324, 0n],
    [1.5e-6, 2n],
    [2.5e-6, 2n],
    [0.5e-6, 0n],
    [-1.5e-6, -2n],
    [-2.5e-6, -2n],
    [-0.0000005, 0n],
    [-0, 0n],
  ])('of %d is rounded half-even to micro-units by its decimal text', (value, expected) => {
    expect(scaled(value, 6)).toBe(expected);
  });

  test('of seconds is rounded up to the ms', () => {
    expect(scaled(1795383740.7335868, 3, 'up')).toBe(1_795_383_740_734n);
    expect(scaled(1795383740.733, 3, 'up')).toBe(1_795_383_740_733n);
    expect(scaled(-0.0005, 3, 'up')).toBe(0n);
  });

  test.each([NaN, Infinity, -Infinity])('%d is none', (value) => {
    expect(scaled(value, 6)).toBeUndefined();
  });

  test('is never further off than half a unit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
        const exact = scaled(value, 400) ?? 0n;
        const rounded = scaled(value, 6) ?? 0n;
        const difference = rounded * 10n ** 394n - exact;
        expect(2n * (difference < 0n ? -difference : difference) <= 10n ** 394n).toBe(true);
      }),
    );
  });
});

describe('a date', () => {
  test.each([
    ['1970-01-01T00:00:00', 0],
    ['2026-11-22T21:42:18.172469', 1_795_383_738_172],
    ['2026-11-22T21:42:18.226262+00:00', 1_795_383_738_226],
    ['2026-11-22 21:42:18Z', 1_795_383_738_000],
    ['2026-11-22T23:12:18.5+01:30', 1_795_383_738_500],
    ['2000-02-29T00:00:00', 951_782_400_000],
    ['9999-12-31T23:59:59.999999', 253_402_300_799_999],
  ])('of %s is cut to the ms', (text, ms) => {
    expect(parseIsoMs(text, 0)).toBe(ms);
  });

  test('without an offset is read at the one it is told', () => {
    const utc = parseIsoMs('2026-11-22T21:42:18', 0) ?? 0;
    expect(parseIsoMs('2026-11-22T21:42:18', 120)).toBe(utc - 7_200_000);
    expect(parseIsoMs('2026-11-22T21:42:18', -90)).toBe(utc + 5_400_000);
    expect(parseIsoMs('2026-11-22T21:42:18Z', 120)).toBe(utc);
  });

  test.each([
    '',
    '2026-11-22',
    '2026-13-01T00:00:00',
    '2026-00-01T00:00:00',
    '2025-02-29T00:00:00',
    '1900-02-29T00:00:00',
    '2026-04-31T00:00:00',
    '2026-11-22T24:00:00',
    '2026-11-22T21:60:00',
    '2026-11-22T21:42:60',
    '1969-12-31T23:59:59',
    '9999-12-31T23:59:59-01:00',
    'yesterday',
  ])('"%s" is none', (text) => {
    expect(parseIsoMs(text, 0)).toBeUndefined();
  });

  test('is what the calendar says, for any day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(parseIsoMs(new Date(ms).toISOString(), 0)).toBe(ms);
      }),
      { numRuns: 1_000 },
    );
  });
});
