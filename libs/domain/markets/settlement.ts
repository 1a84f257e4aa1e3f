import { micro, sum, ZERO, type AgentId, type Micro } from '../units.js';
import { allotByLargestRemainder } from './fixed-product.js';
import type { Holding, Market } from './state.js';

export interface Payout {
  readonly agentId: AgentId;
  readonly amount: Micro;
}

export interface Settlement {
  /** What each holder gets, in order of id; holders who get nothing are left out. */
  readonly payouts: readonly Payout[];
  /** The rest of the escrow, back to issuance. */
  readonly returned: Micro;
}

/** Every holder gets ⌊Σ shares·nᵢ / Σn⌋ of the escrow. `holdings` are in order of agent id. */
export function settle(market: Market, holdings: readonly Holding[], payout: readonly number[]): Settlement {
  const total = BigInt(payout.reduce((a, b) => a + b, 0));
  const payouts = holdings.map(({ agentId, shares }) => {
    const weighted = shares.reduce((value: bigint, count, i) => value + count * BigInt(payout[i] ?? 0), 0n);
    return { agentId, amount: micro(weighted / total) };
  });
  return settlementOf(payouts, market.escrow);
}

/**
 * Every trader gets back what it paid, fees included, less what it received. The escrow, with the fees returned to it, is
 * short only if traders took out more than the liquidity: then it is shared pro rata to the claims, by largest remainder.
 */
export function settleVoid(market: Market, holdings: readonly Holding[]): Settlement & { readonly proRata: boolean } {
  const escrow = sum(market.escrow, market.fees);
  const claims = holdings.map(({ paid, received }) => (paid > received ? paid - received : 0n));
  const claimed = claims.reduce((a, b) => a + b, 0n);
  const proRata = claimed > escrow;
  const amounts = proRata ? allotByLargestRemainder(claims, escrow) : claims;
  const payouts = holdings.map(({ agentId }, i) => ({ agentId, amount: micro(amounts[i] ?? 0n) }));
  return { ...settlementOf(payouts, escrow), proRata };
}

function settlementOf(payouts: readonly Payout[], escrow: Micro): Settlement {
  const paid = payouts.reduce((total, { amount }) => sum(total, amount), ZERO);
  return { payouts: payouts.filter(({ amount }) => amount > 0n), returned: micro(escrow - paid) };
}
