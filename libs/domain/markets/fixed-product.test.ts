import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { micro, type Micro } from '../units.js';
import { allotByLargestRemainder, buy, ceilSqrt, prices, productOf, sell } from './fixed-product.js';

const L = micro(1_000_000_000n);
const YES = 0;
const NO = 1;
const fresh = (feeBps: number) => ({ pools: [L, L], feeBps });

describe('golden: liquidity 1000, outcomes YES and NO', () => {
  test('with a fee of 3 %, 100 buy 185.422971 shares of YES, and selling them back pays 94.089999', () => {
    const purchase = buy(fresh(300), YES, micro(100_000_000n));
    expect(purchase).toEqual({
      fee: 3_000_000n,
      invested: 97_000_000n,
      shares: 185_422_971n,
      pools: [911_577_029n, 1_097_000_000n],
    });
    expect(prices(purchase.pools)).toEqual([546_158, 453_842]);
    expect(sell({ pools: purchase.pools, feeBps: 300 }, YES, purchase.shares).payout).toBe(94_089_999n);
  });

  test('without a fee, 100 buy 190.909090 shares at a price of 0.547511 afterwards', () => {
    const purchase = buy(fresh(0), YES, micro(100_000_000n));
    expect(purchase.shares).toBe(190_909_090n);
    expect(prices(purchase.pools)[YES]).toBe(547_511);
  });

  test('the price rises as people buy', () => {
    expect(prices([L, L])).toEqual([500_000, 500_000]);
    expect(prices(buy(fresh(300), NO, L).pools)[NO]).toBeGreaterThan(500_000);
  });
});

test('a fee rounds up, so that the smallest budget is all fee', () => {
  expect(buy(fresh(300), YES, micro(1n))).toMatchObject({ fee: 1n, invested: 0n, shares: 0n });
  expect(buy(fresh(0), YES, micro(1n))).toMatchObject({ fee: 0n, invested: 1n, shares: 1n });
  expect(buy(fresh(1), YES, micro(10_001n))).toMatchObject({ fee: 2n });
});

test('shares that are worth less than a micro-unit pay nothing', () => {
  expect(sell(fresh(0), YES, micro(1n))).toMatchObject({ gross: 0n, payout: 0n });
});

test('prices sum to exactly one, the remainder going to the lowest index', () => {
  expect(prices([L, L, L])).toEqual([333_334, 333_333, 333_333]);
  expect(prices([micro(1n), L])).toEqual([1_000_000, 0]);
});

test('an empty pool is a price, not a division by zero', () => {
  expect(prices([micro(0n), L])).toEqual([1_000_000, 0]);
  expect(prices([micro(0n), micro(0n)])).toEqual([500_000, 500_000]);
});

test('largest remainder: what the floors leave goes to the largest remainders, ties to the lowest index', () => {
  expect(allotByLargestRemainder([1n, 1n, 1n], 2n)).toEqual([1n, 1n, 0n]);
  expect(allotByLargestRemainder([1n, 5n, 1n], 10n)).toEqual([2n, 7n, 1n]);
  expect(allotByLargestRemainder([2n, 3n, 5n], 3n)).toEqual([1n, 1n, 1n]);
});

/** From a micro-unit to 10¹² units, each magnitude as likely as another. */
const amount = fc
  .tuple(fc.integer({ min: 0, max: 59 }), fc.bigInt({ min: 0n, max: 1n << 60n }))
  .map(([bits, noise]) => micro((1n << BigInt(bits)) + (noise & ((1n << BigInt(bits)) - 1n))));
const maker = fc.record({
  pools: fc.array(amount, { minLength: 2, maxLength: 5 }),
  feeBps: fc.integer({ min: 0, max: 5_000 }),
});
const RUNS = { numRuns: 500 };

const keepsProduct = (before: readonly Micro[], after: readonly Micro[]): boolean =>
  after.every((pool) => pool > 0n) && productOf(after) >= productOf(before);

test('a purchase empties no pool and never lowers the product', () => {
  fc.assert(
    fc.property(maker, fc.nat(), amount, ({ pools, feeBps }, pick, budget) => {
      const { shares, pools: after, fee, invested } = buy({ pools, feeBps }, pick % pools.length, budget);
      expect(fee + invested).toBe(budget);
      expect(shares).toBeGreaterThanOrEqual(0n);
      expect(keepsProduct(pools, after)).toBe(true);
    }),
    RUNS,
  );
});

test('a sale pays the most that the pools can: one micro-unit more breaks them', () => {
  fc.assert(
    fc.property(maker, fc.nat(), amount, ({ pools, feeBps }, pick, shares) => {
      const outcome = pick % pools.length;
      const { gross, pools: after } = sell({ pools, feeBps }, outcome, shares);
      expect(gross).toBeGreaterThanOrEqual(0n);
      expect(keepsProduct(pools, after)).toBe(true);
      expect(
        keepsProduct(
          pools,
          after.map((pool) => micro(pool - 1n)),
        ),
      ).toBe(false);
    }),
    RUNS,
  );
});

test('for two outcomes the closed form is what bisection finds', () => {
  fc.assert(
    fc.property(amount, amount, fc.nat({ max: 1 }), amount, (first, second, outcome, shares) => {
      const pools = [first, second];
      const after = (r: bigint) => pools.map((pool, i) => micro(i === outcome ? pool + shares - r : pool - r));
      let [low, high] = [0n, first + second + shares];
      while (high - low > 1n) {
        const middle = (low + high) / 2n;
        if (keepsProduct(pools, after(middle))) low = middle;
        else high = middle;
      }
      expect(sell({ pools, feeBps: 0 }, outcome, shares).gross).toBe(low);
    }),
    RUNS,
  );
});

test('buying and selling back never pays more than it cost', () => {
  fc.assert(
    fc.property(maker, fc.nat(), amount, ({ pools, feeBps }, pick, budget) => {
      const outcome = pick % pools.length;
      const purchase = buy({ pools, feeBps }, outcome, budget);
      const sale = sell({ pools: purchase.pools, feeBps }, outcome, purchase.shares);
      expect(sale.payout).toBeLessThanOrEqual(budget);
    }),
    RUNS,
  );
});

test('prices always sum to exactly 1,000,000', () => {
  fc.assert(
    fc.property(maker, ({ pools }) => {
      expect(prices(pools).reduce((a, b) => a + b, 0)).toBe(1_000_000);
    }),
    RUNS,
  );
});

test('ceilSqrt is the smallest integer whose square is enough', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 130n }), (n) => {
      for (const square of [n, n * n, n * n + 1n]) {
        const root = ceilSqrt(square);
        expect(root * root >= square && (root === 0n || (root - 1n) ** 2n < square)).toBe(true);
      }
    }),
    RUNS,
  );
});
