import type { AgentId, Command } from '#domain';
import { amountOf } from '#presentation';
import { commandKind, dataOf, defined, ifGiven } from '../commands/command-kind.js';
import { Optional, Required } from '../fields/field.js';
import { agentName, amount, id } from '../fields/rules.js';
import { decimal, object, words } from '../reference/schemas.js';

class RegisterAgent {
  @Required(id())
  readonly agentId!: string;

  @Optional(agentName)
  readonly name?: string;

  /** A first deposit. */
  @Optional(amount)
  readonly deposit?: string;
}

/** Money or stake of one agent. */
class AgentAmount {
  @Required(id())
  readonly agentId!: string;

  @Required(amount)
  readonly amount!: string;
}

class TransferFunds {
  @Required(id())
  readonly from!: string;

  @Required(id())
  readonly to!: string;

  @Required(amount)
  readonly amount!: string;
}

type AmountCommand = Extract<
  Command,
  { readonly type: 'DepositFunds' | 'WithdrawFunds' | 'AddStake' | 'WithdrawStake' }
>;

const amountCommand = (type: AmountCommand['type'], event: string) =>
  commandKind({
    dto: AgentAmount,
    toCommand: (values): AmountCommand => ({
      type,
      agentId: values.agentId as AgentId,
      amount: amountOf(values.amount),
    }),
    result: object({ agentId: words, amount: decimal }),
    receipt: (events) => ({ ...dataOf(events, event) }),
  });

export const agentCommands = {
  RegisterAgent: commandKind({
    dto: RegisterAgent,
    status: 201,
    toCommand: ({ agentId, name, deposit }) => ({
      type: 'RegisterAgent',
      agentId: agentId as AgentId,
      ...defined({ name, deposit: ifGiven(deposit, amountOf) }),
    }),
    result: object({ agentId: words, name: words, deposit: decimal }),
    receipt: (events) => ({
      ...dataOf(events, 'AgentRegistered'),
      deposit: dataOf(events, 'FundsDeposited')?.['amount'] ?? '0',
    }),
  }),
  DepositFunds: amountCommand('DepositFunds', 'FundsDeposited'),
  WithdrawFunds: amountCommand('WithdrawFunds', 'FundsWithdrawn'),
  TransferFunds: commandKind({
    dto: TransferFunds,
    check: ({ from, to }, complain) => {
      if (from === to) complain('to', 'must be another agent than from');
    },
    toCommand: ({ from, to, amount: text }) => ({
      type: 'TransferFunds',
      from: from as AgentId,
      to: to as AgentId,
      amount: amountOf(text),
    }),
    result: object({ from: words, to: words, amount: decimal }),
    receipt: (events) => ({ ...dataOf(events, 'FundsTransferred') }),
  }),
  AddStake: amountCommand('AddStake', 'StakeAdded'),
  WithdrawStake: amountCommand('WithdrawStake', 'StakeWithdrawn'),
};
