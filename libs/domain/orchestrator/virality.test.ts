import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decay, DECAY_BY_BIT, ONE } from './decay.js';
import { viralityTenths } from './virality.js';

const calm = { sentiment: 0, socialVolume: 0, newsVelocity: 0, assetVolatility: 0 };
const HOUR_MS = 3_600_000;
const millionths = (value: number) => Math.round(value * 1_000_000);

describe('the score', () => {
  test.each([
    ['nothing at all', calm, 0],
    ['the default velocity', { ...calm, newsVelocity: millionths(1) }, 15],
    ['social volume, up to 50 points', { ...calm, socialVolume: millionths(400) }, 200],
    ['more social volume than counts', { ...calm, socialVolume: millionths(1e9) }, 500],
    ['velocity, up to 30 points', { ...calm, newsVelocity: millionths(1e9) }, 300],
    ['volatility, up to 20 points', { ...calm, assetVolatility: millionths(0.05) }, 200],
    ['sentiment of either sign, up to 20 points', { ...calm, sentiment: millionths(-0.5) }, 100],
    [
      'everything at its most, clamped to 100',
      { sentiment: -1e6, socialVolume: 1e15, newsVelocity: 1e15, assetVolatility: 1e15 },
      1_000,
    ],
  ])('of %s', (_what, inputs, tenths) => {
    expect(viralityTenths(inputs, 0)).toBe(tenths);
  });

  test('rounds half up to tenths, once', () => {
    // 0.05 points are exactly half a tenth.
    expect(viralityTenths({ ...calm, socialVolume: millionths(1) }, 0)).toBe(1);
    expect(viralityTenths({ ...calm, socialVolume: millionths(1) - 1 }, 0)).toBe(0);
  });

  test('loses 5 % an hour', () => {
    const loud = { ...calm, socialVolume: millionths(1_000), newsVelocity: millionths(20) };
    expect([0, 1, 2, 10, 24].map((hours) => viralityTenths(loud, hours * HOUR_MS))).toEqual([800, 760, 722, 479, 234]);
    expect(viralityTenths(loud, HOUR_MS / 2)).toBe(780);
    expect(viralityTenths(loud, 365 * 24 * HOUR_MS)).toBe(0);
  });
});

describe('the powers of 0.95', () => {
  const BITS = 96n;

  test('each is the square of the one before, to the last bits', () => {
    DECAY_BY_BIT.slice(1).forEach((factor, bit) => {
      const before = DECAY_BY_BIT[bit] ?? 0n;
      const difference = ((before * before) >> BITS) - factor;
      expect(difference >= -2n && difference <= 2n).toBe(true);
    });
  });

  test('an hour of them is 0.95, and h hours are 0.95^h', () => {
    for (let hours = 0; hours <= 400; hours += 1) {
      const exact = (95n ** BigInt(hours) * ONE) / 100n ** BigInt(hours);
      const difference = decay(hours * HOUR_MS) - exact;
      expect(difference >= -64n && difference <= 64n).toBe(true);
    }
  });

  test('the older, the less, and nothing after 2^33 ms', () => {
    const age = fc.nat({ max: 2 ** 31 - 1 }).map((ms) => ms * 4);
    fc.assert(fc.property(age, (ms) => decay(ms + 1) <= decay(ms) && decay(ms) <= ONE));
    expect(DECAY_BY_BIT).toHaveLength(33);
    expect([decay(0), decay(2 ** 33), decay(2 ** 60)]).toEqual([ONE, 0n, 0n]);
  });
});
