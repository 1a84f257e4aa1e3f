import { fromUnits } from './money.js';

/**
 * What a bot needs to know of the market maker. Both pools start at the liquidity L, and a purchase keeps their product, so
 * pools and price tell one another: with p the price of an outcome, the other outcome's pool is L·√(p / (1 − p)).
 * Only + − × ÷ and the square root are used here and by the strategies: IEEE 754 defines them to the last bit, so that
 * every machine and every Node decides the same.
 */
export const LIQUIDITY_UNITS = 300;
export const FEE_BPS = 300;
/** A new market's pools are equal. */
export const OPENING_PRICE = 0.5;

const KEPT = 1 - FEE_BPS / 10_000;
/** No price is ever 0 or 1. */
const BELIEF_MIN = 0.02;

export type Outcome = 'YES' | 'NO';

export interface Bet {
  readonly outcome: Outcome;
  /** What is paid, micro-units, fee included. */
  readonly amount: bigint;
  /** The bet is refused if it would buy fewer, micro-shares. */
  readonly minShares?: bigint;
}

export interface Opinion {
  /** The bot's probability of YES. */
  readonly belief: number;
  /** The price of YES when it looked. */
  readonly yesPrice: number;
  /** The bot's money, units. */
  readonly available: number;
  /** Which part of the way from the price to its belief it goes. */
  readonly appetite: number;
}

/**
 * The bet of somebody with an opinion: on the outcome that is cheaper than it is worth after the fee, moving the price
 * part of the way, and never more than half the Kelly fraction of its money (J. L. Kelly, 1956). It takes no share for
 * more than it is worth to it, whoever came first.
 */
export function betOn({ belief: believed, yesPrice, available, appetite }: Opinion): Bet | undefined {
  const belief = Math.min(1 - BELIEF_MIN, Math.max(BELIEF_MIN, believed));
  const yes = belief > yesPrice;
  const worth = yes ? belief : 1 - belief;
  const price = yes ? yesPrice : 1 - yesPrice;
  const cost = price / KEPT;
  if (worth <= cost) return undefined;
  const toBelief = (LIQUIDITY_UNITS * (poolRatio(worth * KEPT) - poolRatio(price))) / KEPT;
  const kelly = ((worth - cost) / (1 - cost)) * available;
  const amount = fromUnits(Math.min(toBelief * appetite, kelly / 2));
  if (amount <= 0n) return undefined;
  return { outcome: yes ? 'YES' : 'NO', amount, minShares: sharesFor(amount, worth) };
}

const poolRatio = (price: number): number => Math.sqrt(price / (1 - price));

/** The fewest shares at which one costs no more than it is worth. */
const sharesFor = (amount: bigint, worth: number): bigint =>
  (amount * 1_000_000n) / BigInt(Math.floor(worth * 1_000_000));
