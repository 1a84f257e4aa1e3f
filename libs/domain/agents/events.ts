import type { AgentId, MicroText } from '../units.js';

interface AgentAmount {
  readonly agentId: AgentId;
  readonly amount: MicroText;
}

export interface AgentRegistered {
  readonly type: 'AgentRegistered';
  readonly data: { readonly agentId: AgentId; readonly name: string };
}

/** From issuance to available. */
export interface FundsDeposited {
  readonly type: 'FundsDeposited';
  readonly data: AgentAmount;
}

/** From available to issuance. */
export interface FundsWithdrawn {
  readonly type: 'FundsWithdrawn';
  readonly data: AgentAmount;
}

export interface FundsTransferred {
  readonly type: 'FundsTransferred';
  readonly data: { readonly from: AgentId; readonly to: AgentId; readonly amount: MicroText };
}

/** From available to staked. */
export interface StakeAdded {
  readonly type: 'StakeAdded';
  readonly data: AgentAmount;
}

/** From staked to available. */
export interface StakeWithdrawn {
  readonly type: 'StakeWithdrawn';
  readonly data: AgentAmount;
}

export type AgentEvent =
  AgentRegistered | FundsDeposited | FundsWithdrawn | FundsTransferred | StakeAdded | StakeWithdrawn;
