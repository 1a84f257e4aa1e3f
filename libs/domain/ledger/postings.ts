import type { Agent } from '../agents/state.js';
import { invariant } from '../invariant.js';
import type { Market } from '../markets/state.js';
import type { State } from '../state.js';
import { difference, sum, ZERO, type AgentId, type MarketId, type Micro } from '../units.js';

export type Account =
  | { readonly kind: 'issuance' }
  | { readonly kind: 'yield-payable' }
  | { readonly kind: 'available'; readonly agentId: AgentId }
  | { readonly kind: 'staked'; readonly agentId: AgentId }
  | { readonly kind: 'escrow'; readonly marketId: MarketId }
  | { readonly kind: 'fees'; readonly marketId: MarketId };

export const issuance: Account = { kind: 'issuance' };
export const yieldPayable: Account = { kind: 'yield-payable' };
export const available = (agentId: AgentId): Account => ({ kind: 'available', agentId });
export const staked = (agentId: AgentId): Account => ({ kind: 'staked', agentId });
export const escrow = (marketId: MarketId): Account => ({ kind: 'escrow', marketId });
export const fees = (marketId: MarketId): Account => ({ kind: 'fees', marketId });

export interface Posting {
  readonly from: Account;
  readonly to: Account;
  readonly amount: Micro;
}

/**
 * The one function that moves money. What leaves one account enters another, so the sum of all accounts stays 0; no
 * account but `issuance` may fall below 0.
 */
export function move(state: State, { from, to, amount }: Posting): void {
  if (amount === 0n) return;
  invariant(amount > 0n, () => `a posting of ${amount} micro`);
  setBalance(state, from, difference(balanceOf(state, from), amount));
  setBalance(state, to, sum(balanceOf(state, to), amount));
}

/** Balance of an account in micro-units; 0 where its owner does not exist. */
function balanceOf(state: State, account: Account): Micro {
  switch (account.kind) {
    case 'issuance':
      return state.ledger.issuance;
    case 'yield-payable':
      return state.ledger.yieldPayable;
    case 'available':
      return state.agents.get(account.agentId)?.available ?? ZERO;
    case 'staked':
      return state.agents.get(account.agentId)?.staked ?? ZERO;
    case 'escrow':
      return state.markets.get(account.marketId)?.escrow ?? ZERO;
    case 'fees':
      return state.markets.get(account.marketId)?.fees ?? ZERO;
  }
}

function setBalance(state: State, account: Account, balance: Micro): void {
  invariant(balance >= 0n || account.kind === 'issuance', () => `${accountName(account)} would be ${balance} micro`);
  switch (account.kind) {
    case 'issuance':
      state.ledger = { ...state.ledger, issuance: balance };
      return;
    case 'yield-payable':
      state.ledger = { ...state.ledger, yieldPayable: balance };
      return;
    case 'available':
      state.agents.set(account.agentId, withAvailable(agentRow(state, account.agentId), balance));
      return;
    case 'staked':
      state.agents.set(account.agentId, { ...agentRow(state, account.agentId), staked: balance });
      return;
    case 'escrow':
      state.markets.set(account.marketId, withMoney(marketRow(state, account.marketId), { escrow: balance }));
      return;
    case 'fees':
      state.markets.set(account.marketId, withMoney(marketRow(state, account.marketId), { fees: balance }));
  }
}

/** The account's name in reports. */
export function accountName(account: Account): string {
  switch (account.kind) {
    case 'issuance':
      return 'issuance';
    case 'yield-payable':
      return 'house:yield-payable';
    case 'available':
      return `agent:${account.agentId}:available`;
    case 'staked':
      return `agent:${account.agentId}:staked`;
    case 'escrow':
      return `market:${account.marketId}:escrow`;
    case 'fees':
      return `market:${account.marketId}:fees`;
  }
}

/** Field by field: on Node 20 an object spread costs four times as much, and every bet comes through here four times. */
const withAvailable = (agent: Agent, available: Micro): Agent => ({
  name: agent.name,
  available,
  staked: agent.staked,
  integral: agent.integral,
  accrued: agent.accrued,
  ordinal: agent.ordinal,
  yieldEarned: agent.yieldEarned,
});

const withMoney = (
  market: Market,
  { escrow = market.escrow, fees = market.fees }: Partial<Pick<Market, 'escrow' | 'fees'>>,
): Market => ({
  terms: market.terms,
  phase: market.phase,
  pools: market.pools,
  escrow,
  fees,
  volume: market.volume,
});

/** The agent's row; asserts that it exists. */
export function agentRow(state: State, agentId: AgentId): Agent {
  const agent = state.agents.get(agentId);
  invariant(agent !== undefined, () => `no agent ${agentId}`);
  return agent;
}

/** The market's row; asserts that it exists. */
export function marketRow(state: State, marketId: MarketId): Market {
  const market = state.markets.get(marketId);
  invariant(market !== undefined, () => `no market ${marketId}`);
  return market;
}
