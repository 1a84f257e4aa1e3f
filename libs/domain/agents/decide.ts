import { accept, at, type Decision, type DecisionContext } from '../decision.js';
import { refuse, type Refusal } from '../refusal.js';
import type { State } from '../state.js';
import { formatDecimal, toText, type AgentId, type Micro } from '../units.js';
import { spendable } from '../yield/integrals.js';
import type { AddStake, DepositFunds, RegisterAgent, TransferFunds, WithdrawFunds, WithdrawStake } from './commands.js';
import type { AgentRegistered } from './events.js';

export function decideRegisterAgent(state: State, command: RegisterAgent, { nowMs }: DecisionContext): Decision {
  const { agentId, name = agentId, deposit } = command;
  if (state.agents.has(agentId)) return refuse('agent-exists', `agent ${agentId} is registered already`);
  const registered: AgentRegistered = { type: 'AgentRegistered', data: { agentId, name } };
  if (deposit === undefined) return accept(at(nowMs, registered));
  return accept(
    at(nowMs, registered),
    at(nowMs, { type: 'FundsDeposited', data: { agentId, amount: toText(deposit) } }),
  );
}

export function decideDepositFunds(state: State, command: DepositFunds, { nowMs }: DecisionContext): Decision {
  const { agentId, amount } = command;
  if (!state.agents.has(agentId)) return agentUnknown(agentId);
  return accept(at(nowMs, { type: 'FundsDeposited', data: { agentId, amount: toText(amount) } }));
}

export function decideWithdrawFunds(state: State, command: WithdrawFunds, { nowMs }: DecisionContext): Decision {
  const { agentId, amount } = command;
  return (
    refuseToSpend(state, command) ??
    accept(at(nowMs, { type: 'FundsWithdrawn', data: { agentId, amount: toText(amount) } }))
  );
}

export function decideTransferFunds(state: State, command: TransferFunds, { nowMs }: DecisionContext): Decision {
  const { from, to, amount } = command;
  if (from === to) return refuse('same-account', `a transfer needs two agents; both are ${from}`);
  const refusal = refuseToSpend(state, { agentId: from, amount });
  if (refusal !== undefined) return refusal;
  if (!state.agents.has(to)) return agentUnknown(to);
  return accept(at(nowMs, { type: 'FundsTransferred', data: { from, to, amount: toText(amount) } }));
}

export function decideAddStake(state: State, command: AddStake, { nowMs }: DecisionContext): Decision {
  const { agentId, amount } = command;
  return (
    refuseToSpend(state, command) ??
    accept(at(nowMs, { type: 'StakeAdded', data: { agentId, amount: toText(amount) } }))
  );
}

export function decideWithdrawStake(state: State, command: WithdrawStake, { nowMs }: DecisionContext): Decision {
  const { agentId, amount } = command;
  const agent = state.agents.get(agentId);
  if (agent === undefined) return agentUnknown(agentId);
  if (agent.staked < amount) {
    return refuse(
      'insufficient-stake',
      `${agentId} has ${formatDecimal(agent.staked)} staked; ${formatDecimal(amount)} was asked`,
    );
  }
  return accept(at(nowMs, { type: 'StakeWithdrawn', data: { agentId, amount: toText(amount) } }));
}

/** The refusal that spending this would meet, counting the yield that a touch would credit; undefined if there is none. */
export function refuseToSpend(
  state: State,
  { agentId, amount }: { readonly agentId: AgentId; readonly amount: Micro },
): Refusal | undefined {
  const agent = state.agents.get(agentId);
  if (agent === undefined) return agentUnknown(agentId);
  const available = spendable(agent, state.yieldAccount);
  if (available >= amount) return undefined;
  return refuse(
    'insufficient-funds',
    `${agentId} has ${formatDecimal(available)} available; ${formatDecimal(amount)} was asked`,
  );
}

export const agentUnknown = (agentId: AgentId): Refusal => refuse('agent-unknown', `there is no agent ${agentId}`);
