import type { ReadableState } from '../state.js';
import { Y } from '../yield/state.js';

/**
 * The invariants of the economy that a state alone can show, recomputed from every row: 1 (the accounts sum to 0, none but
 * issuance below 0), 2 (shares and pool equal the escrow), 3 (payments, liquidity, escrow and fees), 4 (prices) is held by
 * construction, 5 (yield in total). Returns a sentence for each one that is broken; none if all hold.
 */
export function checkEconomy(state: ReadableState): readonly string[] {
  const pieces = checkEconomyInPieces(state);
  for (;;) {
    const piece = pieces.next();
    if (piece.done === true) return piece.value;
  }
}

/** The same, so that whoever checks may rest between the pieces. The state must hold still: pin it. */
export function* checkEconomyInPieces(state: ReadableState): Check {
  const accounts = yield* checkAccounts(state);
  const markets = yield* checkMarkets(state);
  const stakes = yield* checkYield(state);
  return [...accounts, ...markets, ...stakes];
}

type Check = Generator<void, readonly string[], undefined>;

const ROWS_PER_PIECE = 256;

function* checkAccounts({ agents, markets, ledger }: ReadableState): Check {
  const broken: string[] = [];
  let total: bigint = ledger.issuance + ledger.yieldPayable;
  const add = (name: string, balance: bigint): void => {
    total += balance;
    if (balance < 0n) broken.push(`${name} is ${balance} micro`);
  };
  if (ledger.yieldPayable < 0n) broken.push(`house:yield-payable is ${ledger.yieldPayable} micro`);
  for (const [row, id] of agents.sortedIds().entries()) {
    if (row % ROWS_PER_PIECE === 0) yield;
    const agent = agents.get(id);
    if (agent === undefined) continue;
    add(`agent:${id}:available`, agent.available);
    add(`agent:${id}:staked`, agent.staked);
  }
  for (const [row, id] of markets.sortedIds().entries()) {
    if (row % ROWS_PER_PIECE === 0) yield;
    const market = markets.get(id);
    if (market === undefined) continue;
    add(`market:${id}:escrow`, market.escrow);
    add(`market:${id}:fees`, market.fees);
  }
  if (total !== 0n) broken.push(`the accounts sum to ${total} micro`);
  return broken;
}

function* checkMarkets({ markets, holdings }: ReadableState): Check {
  const broken: string[] = [];
  const held = new Map<string, { shares: bigint[]; net: bigint }>();
  for (const [row, id] of holdings.sortedIds().entries()) {
    if (row % ROWS_PER_PIECE === 0) yield;
    const holding = holdings.get(id);
    if (holding === undefined) continue;
    const sums = held.get(holding.marketId) ?? { shares: holding.shares.map(() => 0n), net: 0n };
    sums.shares = sums.shares.map((count, i) => count + (holding.shares[i] ?? 0n));
    sums.net += holding.paid - holding.received;
    held.set(holding.marketId, sums);
  }
  for (const [row, id] of markets.sortedIds().entries()) {
    if (row % ROWS_PER_PIECE === 0) yield;
    const market = markets.get(id);
    if (market === undefined) continue;
    const { terms, phase, pools, escrow, fees } = market;
    const sums = held.get(id);
    if (phase.status === 'resolved' || phase.status === 'void') {
      if (escrow !== 0n) broken.push(`settled market ${id} has ${escrow} micro in escrow`);
      if (sums !== undefined) broken.push(`settled market ${id} still has holders`);
      continue;
    }
    pools.forEach((pool, i) => {
      const shares = pool + (sums?.shares[i] ?? 0n);
      if (shares !== escrow) broken.push(`market ${id} outcome ${i}: ${shares} shares for an escrow of ${escrow}`);
    });
    const paid = (sums?.net ?? 0n) + terms.liquidity;
    if (paid !== escrow + fees) broken.push(`market ${id}: ${paid} micro came in, ${escrow + fees} are there`);
  }
  return broken;
}

function* checkYield({ agents, yieldAccount, ledger }: ReadableState): Check {
  const broken: string[] = [];
  let staked = 0n;
  let credited = 0n;
  let accrued = 0n;
  let stakers = 0;
  for (const [row, id] of agents.sortedIds().entries()) {
    if (row % ROWS_PER_PIECE === 0) yield;
    const agent = agents.get(id);
    if (agent === undefined) continue;
    staked += agent.staked;
    credited += agent.yieldEarned;
    accrued += agent.accrued + agent.staked * (yieldAccount.integral - agent.integral) + Y * agent.yieldEarned;
    if (agent.staked > 0n) stakers += 1;
  }
  const { totalStaked, distributed } = yieldAccount;
  if (staked !== totalStaked) broken.push(`stakes sum to ${staked} micro, not ${totalStaked}`);
  if (stakers !== yieldAccount.stakers) broken.push(`${stakers} stakers, not ${yieldAccount.stakers}`);
  if (credited + ledger.yieldPayable !== distributed) {
    broken.push(`credited ${credited} and payable ${ledger.yieldPayable} micro, distributed ${distributed}`);
  }
  if (accrued !== yieldAccount.accrued)
    broken.push(`stakes accrued ${accrued}, the total says ${yieldAccount.accrued}`);
  return broken;
}
