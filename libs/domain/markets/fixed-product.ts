import { ceilDiv, micro, PPM, type Micro } from '../units.js';

/**
 * The fixed-product market maker over n outcomes, the form that Gnosis calls FPMM: the product of the pools never falls
 * in a trade. What a trader receives rounds down, what a trader pays rounds up, so rounding stays with the pools.
 * https://docs.gnosis.io/conditionaltokens/docs/introduction3/ describes the mechanism.
 */

export interface MarketMaker {
  readonly pools: readonly Micro[];
  readonly feeBps: number;
}

/** What a budget buys, and the pools afterwards. */
export interface Purchase {
  readonly fee: Micro;
  /** Budget less fee: what every pool grows by. */
  readonly invested: Micro;
  readonly shares: Micro;
  readonly pools: readonly Micro[];
}

/** What shares sell for, and the pools afterwards. */
export interface Sale {
  /** r, what leaves the escrow. */
  readonly gross: Micro;
  readonly fee: Micro;
  /** What the trader gets. */
  readonly payout: Micro;
  readonly pools: readonly Micro[];
}

const SCALE = 10n ** 18n;
const BPS = 10_000n;

export const openingPools = (outcomes: number, liquidity: Micro): readonly Micro[] =>
  Array.from({ length: outcomes }, () => liquidity);

/** Spends a budget on shares of one outcome. */
export function buy({ pools, feeBps }: MarketMaker, outcome: number, budget: Micro): Purchase {
  const fee = micro(ceilDiv(budget * BigInt(feeBps), BPS));
  const invested = micro(budget - fee);
  const own = poolOf(pools, outcome);
  let ending = own * SCALE;
  pools.forEach((pool, i) => {
    if (i !== outcome) ending = ceilDiv(ending * pool, pool + invested);
  });
  const shares = micro(own + invested - ceilDiv(ending, SCALE));
  return { fee, invested, shares, pools: afterPurchase(pools, { outcome, invested, shares }) };
}

export function afterPurchase(
  pools: readonly Micro[],
  { outcome, invested, shares }: { readonly outcome: number; readonly invested: Micro; readonly shares: Micro },
): readonly Micro[] {
  return pools.map((pool, i) => micro(i === outcome ? pool + invested - shares : pool + invested));
}

/** Gives shares of one outcome back for the most that keeps the product. */
export function sell({ pools, feeBps }: MarketMaker, outcome: number, shares: Micro): Sale {
  const gross = grossOfSale(pools, { outcome, shares });
  const fee = micro(ceilDiv(gross * BigInt(feeBps), BPS));
  return { gross, fee, payout: micro(gross - fee), pools: afterSale(pools, { outcome, shares, gross }) };
}

export function afterSale(
  pools: readonly Micro[],
  { outcome, shares, gross }: { readonly outcome: number; readonly shares: Micro; readonly gross: Micro },
): readonly Micro[] {
  return pools.map((pool, i) => micro(i === outcome ? pool + shares - gross : pool - gross));
}

/** The largest r with every pool positive and no smaller product. */
function grossOfSale(
  pools: readonly Micro[],
  { outcome, shares }: { readonly outcome: number; readonly shares: Micro },
): Micro {
  const [first, second] = pools;
  if (pools.length === 2 && first !== undefined && second !== undefined) {
    const own = (outcome === 0 ? first : second) + shares;
    const other = outcome === 0 ? second : first;
    const discriminant = (own - other) ** 2n + 4n * first * second;
    return micro((own + other - ceilSqrt(discriminant)) / 2n);
  }
  const product = productOf(pools);
  const keepsProduct = (gross: bigint): boolean => {
    const after = afterSale(pools, { outcome, shares, gross: micro(gross) });
    return after.every((pool) => pool > 0n) && productOf(after) >= product;
  };
  let low = 0n;
  let high = pools.reduce(
    (least: bigint, pool, i) => {
      const limit = i === outcome ? pool + shares : pool;
      return limit < least ? limit : least;
    },
    poolOf(pools, outcome) + shares,
  );
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (keepsProduct(middle)) low = middle;
    else high = middle;
  }
  return micro(low);
}

/** Prices in ppm that sum to exactly 1,000,000: Π of the other pools, normalised by largest remainder, ties to the lowest index. */
export function prices(pools: readonly Micro[]): readonly number[] {
  const weights = pools.map((_, i) =>
    pools.reduce((product: bigint, pool, k) => (k === i ? product : product * pool), 1n),
  );
  const total = weights.reduce((a, b) => a + b, 0n);
  const even = total === 0n;
  return allotByLargestRemainder(even ? weights.map(() => 1n) : weights, BigInt(PPM)).map(Number);
}

/** Splits `total` in proportion to the weights, whole; what the floors leave goes to the largest remainders, ties to the lowest index. */
export function allotByLargestRemainder(weights: readonly bigint[], total: bigint): readonly bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  const shares = weights.map((weight) => (weight * total) / sum);
  let left = total - shares.reduce((a, b) => a + b, 0n);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (weight * total) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    shares[index] = (shares[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return shares;
}

export const productOf = (pools: readonly Micro[]): bigint =>
  pools.reduce((product: bigint, pool) => product * pool, 1n);

const poolOf = (pools: readonly Micro[], outcome: number): bigint => {
  const pool = pools[outcome];
  if (pool === undefined) throw new RangeError(`no outcome ${outcome}`);
  return pool;
};

/** The smallest integer whose square is at least n. Newton's method from above. */
export function ceilSqrt(n: bigint): bigint {
  if (n <= 1n) return n;
  let guess = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + n / guess) >> 1n;
    if (next >= guess) break;
    guess = next;
  }
  return guess * guess === n ? guess : guess + 1n;
}
