/**
 * The driver's own books, kept from the replies to its commands alone. Amounts are micro-units.
 * The yield that the server credits to a staker is not in `available`: the books know only the total.
 */
export interface Account {
  available: bigint;
  staked: bigint;
  /** Everything it ever paid for bets, and everything that markets paid it. */
  wagered: bigint;
  won: bigint;
  bets: number;
}

export class Ledger {
  deposits = 0n;
  withdrawals = 0n;
  liquidityIssued = 0n;
  liquidityReturned = 0n;
  yieldPaid = 0n;
  readonly #accounts = new Map<string, Account>();
  /** What each unsettled market holds for its traders. */
  readonly #escrows = new Map<string, bigint>();

  account(agentId: string): Account {
    const account = this.#accounts.get(agentId);
    if (account === undefined) throw new Error(`No account of ${agentId}`);
    return account;
  }

  /** What the money supply must be. */
  get moneySupply(): bigint {
    return this.deposits - this.withdrawals + this.yieldPaid + this.liquidityIssued - this.liquidityReturned;
  }

  register(agentId: string, deposit: bigint): void {
    this.#accounts.set(agentId, { available: 0n, staked: 0n, wagered: 0n, won: 0n, bets: 0 });
    this.deposit(agentId, deposit);
  }

  deposit(agentId: string, amount: bigint): void {
    this.account(agentId).available += amount;
    this.deposits += amount;
  }

  withdraw(agentId: string, amount: bigint): void {
    this.account(agentId).available -= amount;
    this.withdrawals += amount;
  }

  stake(agentId: string, amount: bigint): void {
    const account = this.account(agentId);
    account.available -= amount;
    account.staked += amount;
  }

  openMarket(marketId: string, liquidity: bigint): void {
    this.#escrows.set(marketId, liquidity);
    this.liquidityIssued += liquidity;
  }

  bet(agentId: string, { marketId, amount, fee }: { marketId: string; amount: bigint; fee: bigint }): void {
    const account = this.account(agentId);
    account.available -= amount;
    account.wagered += amount;
    account.bets += 1;
    this.#escrows.set(marketId, this.#escrowOf(marketId) + amount - fee);
  }

  /** What the winners leave of the escrow goes back to where the liquidity came from. */
  settle(marketId: string, payouts: readonly { readonly agentId: string; readonly amount: bigint }[]): void {
    let left = this.#escrowOf(marketId);
    for (const { agentId, amount } of payouts) {
      const account = this.account(agentId);
      account.available += amount;
      account.won += amount;
      left -= amount;
    }
    this.liquidityReturned += left;
    this.#escrows.delete(marketId);
  }

  #escrowOf(marketId: string): bigint {
    const escrow = this.#escrows.get(marketId);
    if (escrow === undefined) throw new Error(`No market ${marketId}`);
    return escrow;
  }
}
