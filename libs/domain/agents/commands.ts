import type { AgentId, Micro } from '../units.js';

export interface RegisterAgent {
  readonly type: 'RegisterAgent';
  readonly agentId: AgentId;
  readonly name?: string;
  /** A first deposit, from issuance. */
  readonly deposit?: Micro;
}

export interface DepositFunds {
  readonly type: 'DepositFunds';
  readonly agentId: AgentId;
  readonly amount: Micro;
}

export interface WithdrawFunds {
  readonly type: 'WithdrawFunds';
  readonly agentId: AgentId;
  readonly amount: Micro;
}

export interface TransferFunds {
  readonly type: 'TransferFunds';
  readonly from: AgentId;
  readonly to: AgentId;
  readonly amount: Micro;
}

export interface AddStake {
  readonly type: 'AddStake';
  readonly agentId: AgentId;
  readonly amount: Micro;
}

export interface WithdrawStake {
  readonly type: 'WithdrawStake';
  readonly agentId: AgentId;
  readonly amount: Micro;
}

export type AgentCommand = RegisterAgent | DepositFunds | WithdrawFunds | TransferFunds | AddStake | WithdrawStake;
