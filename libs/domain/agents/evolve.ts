import { invariant } from '../invariant.js';
import { agentRow, available, issuance, move, staked, yieldPayable } from '../ledger/postings.js';
import type { State } from '../state.js';
import { difference, fromText, sum, ZERO, type AgentId, type Micro } from '../units.js';
import { accruedAt, computeThrough, touch } from '../yield/integrals.js';
import type {
  AgentRegistered,
  FundsDeposited,
  FundsTransferred,
  FundsWithdrawn,
  StakeAdded,
  StakeWithdrawn,
} from './events.js';

export function evolveAgentRegistered(state: State, { data }: AgentRegistered): void {
  invariant(!state.agents.has(data.agentId), () => `agent ${data.agentId} registered twice`);
  const { distributedIntegral, ordinal } = state.yieldAccount;
  state.agents.set(data.agentId, {
    name: data.name,
    available: ZERO,
    staked: ZERO,
    integral: distributedIntegral,
    accrued: 0n,
    ordinal,
    yieldEarned: ZERO,
  });
}

export function evolveFundsDeposited(state: State, { data }: FundsDeposited): void {
  move(state, { from: issuance, to: available(data.agentId), amount: fromText(data.amount) });
}

export function evolveFundsWithdrawn(state: State, { data }: FundsWithdrawn): void {
  creditYield(state, data.agentId);
  move(state, { from: available(data.agentId), to: issuance, amount: fromText(data.amount) });
}

export function evolveFundsTransferred(state: State, { data }: FundsTransferred): void {
  creditYield(state, data.from);
  move(state, { from: available(data.from), to: available(data.to), amount: fromText(data.amount) });
}

export function evolveStakeAdded(state: State, { data }: StakeAdded, atMs: number): void {
  const { agentId } = data;
  const amount = fromText(data.amount);
  accrueStake(state, agentId, atMs);
  move(state, { from: available(agentId), to: staked(agentId), amount });
  growStakes(state, { agentId, amount });
}

export function evolveStakeWithdrawn(state: State, { data }: StakeWithdrawn, atMs: number): void {
  const { agentId } = data;
  const amount = fromText(data.amount);
  invariant(amount > 0n, () => `${agentId} withdraws a stake of ${amount} micro`);
  accrueStake(state, agentId, atMs);
  move(state, { from: staked(agentId), to: available(agentId), amount });
  const { totalStaked, stakers } = state.yieldAccount;
  const isLast = agentRow(state, agentId).staked === 0n;
  state.yieldAccount = {
    ...state.yieldAccount,
    totalStaked: difference(totalStaked, amount),
    stakers: isLast ? stakers - 1 : stakers,
  };
}

/** Counts a stake that has just grown by `amount`, in the totals. */
export function growStakes(state: State, { agentId, amount }: { agentId: AgentId; amount: Micro }): void {
  invariant(amount > 0n, () => `${agentId} stakes ${amount} micro`);
  const { totalStaked, stakers } = state.yieldAccount;
  const isNew = agentRow(state, agentId).staked === amount;
  state.yieldAccount = {
    ...state.yieldAccount,
    totalStaked: sum(totalStaked, amount),
    stakers: isNew ? stakers + 1 : stakers,
  };
}

/** Credits what was distributed since the agent was last touched; whatever spends comes here first. */
export function creditYield(state: State, agentId: AgentId): void {
  const before = agentRow(state, agentId);
  const { agent, credit } = touch(before, state.yieldAccount);
  if (agent === before) return;
  state.agents.set(agentId, agent);
  move(state, { from: yieldPayable, to: available(agentId), amount: credit });
}

/** Before a stake changes: credit, then bring the totals and this stake's N up to now. */
function accrueStake(state: State, agentId: AgentId, atMs: number): void {
  creditYield(state, agentId);
  state.yieldAccount = computeThrough(state.yieldAccount, atMs);
  const agent = agentRow(state, agentId);
  state.agents.set(agentId, {
    ...agent,
    accrued: accruedAt(agent, state.yieldAccount, atMs),
    integral: state.yieldAccount.integral,
  });
}
