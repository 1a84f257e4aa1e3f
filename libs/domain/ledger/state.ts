import { ZERO, type Micro } from '../units.js';

/** Balances of the accounts that belong to nobody. The others stand in the rows of agents and markets. */
export interface Ledger {
  /** The only account that may be negative; its negative is the money supply. */
  readonly issuance: Micro;
  /** Yield distributed and not yet credited to stakers. */
  readonly yieldPayable: Micro;
}

export const NO_MONEY: Ledger = { issuance: ZERO, yieldPayable: ZERO };
