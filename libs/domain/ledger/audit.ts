import type { ReadableState } from '../state.js';
import type { ReadableTable } from '../tables/table.js';
import { Y } from '../yield/state.js';

/** Rows that are looked at before the turn can be given away. */
const ROWS_PER_PIECE = 256;

/**
 * The invariants of the economy that a state alone can show, recomputed from every row: 1 (the accounts sum to 0, none but
 * issuance below 0), 2 (shares and pool equal the escrow), 3 (payments, liquidity, escrow and fees), 4 (prices) is held by
 * construction, 5 (yield in total). Returns a sentence for each one that is broken; none if all hold.
 */
export function checkEconomy(state: ReadableState): readonly string[] {
  const audit = auditEconomy(state);
  for (;;) {
    const { done, value } = audit.next();
    if (done === true) return value;
  }
}

/** The same in pieces of some hundred rows, for whoever must give the turn away. The state must hold still. */
export function* auditEconomy(state: ReadableState): Generator<undefined, readonly string[]> {
  return [...(yield* auditAccounts(state)), ...(yield* auditMarkets(state)), ...(yield* auditYield(state))];
}

/** Shows every row of a table, in order of id. */
function* eachRow<Row>(table: ReadableTable<Row>, look: (row: Row, id: string) => void): Generator<undefined, void> {
  let looked = 0;
  for (const id of table.sortedIds()) {
    const row = table.get(id);
    if (row !== undefined) look(row, id);
    looked += 1;
    if (looked % ROWS_PER_PIECE === 0) yield;
  }
}

function* auditAccounts({ agents, markets, ledger }: ReadableState): Generator<undefined, readonly string[]> {
  const broken: string[] = [];
  let total: bigint = ledger.issuance + ledger.yieldPayable;
  const add = (name: string, balance: bigint): void => {
    total += balance;
    if (balance < 0n) broken.push(`${name} is ${balance} micro`);
  };
  if (ledger.yieldPayable < 0n) broken.push(`house:yield-payable is ${ledger.yieldPayable} micro`);
  yield* eachRow(agents, ({ available, staked }, id) => {
    add(`agent:${id}:available`, available);
    add(`agent:${id}:staked`, staked);
  });
  yield* eachRow(markets, ({ escrow, fees }, id) => {
    add(`market:${id}:escrow`, escrow);
    add(`market:${id}:fees`, fees);
  });
  if (total !== 0n) broken.push(`the accounts sum to ${total} micro`);
  return broken;
}

function* auditMarkets({ markets, holdings }: ReadableState): Generator<undefined, readonly string[]> {
  const broken: string[] = [];
  const held = new Map<string, { shares: bigint[]; net: bigint }>();
  yield* eachRow(holdings, (holding) => {
    const sums = held.get(holding.marketId) ?? { shares: holding.shares.map(() => 0n), net: 0n };
    sums.shares = sums.shares.map((count, i) => count + (holding.shares[i] ?? 0n));
    sums.net += holding.paid - holding.received;
    held.set(holding.marketId, sums);
  });
  yield* eachRow(markets, ({ terms, phase, pools, escrow, fees }, id) => {
    const sums = held.get(id);
    if (phase.status === 'resolved' || phase.status === 'void') {
      if (escrow !== 0n) broken.push(`settled market ${id} has ${escrow} micro in escrow`);
      if (sums !== undefined) broken.push(`settled market ${id} still has holders`);
      return;
    }
    pools.forEach((pool, i) => {
      const shares = pool + (sums?.shares[i] ?? 0n);
      if (shares !== escrow) broken.push(`market ${id} outcome ${i}: ${shares} shares for an escrow of ${escrow}`);
    });
    const paid = (sums?.net ?? 0n) + terms.liquidity;
    if (paid !== escrow + fees) broken.push(`market ${id}: ${paid} micro came in, ${escrow + fees} are there`);
  });
  return broken;
}

function* auditYield({ agents, yieldAccount, ledger }: ReadableState): Generator<undefined, readonly string[]> {
  const broken: string[] = [];
  let staked = 0n;
  let credited = 0n;
  let accrued = 0n;
  let stakers = 0;
  yield* eachRow(agents, (agent) => {
    staked += agent.staked;
    credited += agent.yieldEarned;
    accrued += agent.accrued + agent.staked * (yieldAccount.integral - agent.integral) + Y * agent.yieldEarned;
    if (agent.staked > 0n) stakers += 1;
  });
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
