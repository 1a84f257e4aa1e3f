import { invariant } from '../invariant.js';
import { issuance, move, yieldPayable } from '../ledger/postings.js';
import type { State } from '../state.js';
import { fromText, sum } from '../units.js';
import type { ApyChanged, YieldDistributed } from './events.js';
import { computeThrough } from './integrals.js';
import { YIELD_RULES } from './rules.js';

export function evolveApyChanged(state: State, { data }: ApyChanged, atMs: number): void {
  state.yieldAccount = { ...computeThrough(state.yieldAccount, atMs), apyPpm: data.apyPpm };
}

export function evolveYieldDistributed(state: State, { data }: YieldDistributed): void {
  const rule = YIELD_RULES.get(data.rule);
  invariant(rule !== undefined, () => `unknown yield rule ${data.rule}`);
  const total = fromText(data.total);
  invariant(total === rule(state.yieldAccount, data.throughMs), () => `distributed ${total} micro`);
  const account = computeThrough(state.yieldAccount, data.throughMs);
  invariant(account.integral.toString() === data.integral, () => `integral ${data.integral}, not ${account.integral}`);
  invariant(account.computedMs === data.throughMs, () => `distributed through ${data.throughMs}, computed later`);
  state.yieldAccount = {
    ...account,
    distributed: sum(account.distributed, total),
    ordinal: account.ordinal + 1,
    distributedIntegral: account.integral,
    lastPayoutMs: data.throughMs,
  };
  move(state, { from: issuance, to: yieldPayable, amount: total });
}
