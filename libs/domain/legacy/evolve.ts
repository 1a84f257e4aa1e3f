import { growStakes } from '../agents/evolve.js';
import { agentRow, escrow, issuance, move, staked } from '../ledger/postings.js';
import { addMarket } from '../markets/evolve.js';
import { holdingId } from '../markets/state.js';
import type { State } from '../state.js';
import { difference, fromText, ZERO } from '../units.js';
import type {
  LegacyEconomyImported,
  LegacyMarketImported,
  LegacyStakeImported,
  LegacyStatsImported,
} from './events.js';

export function evolveLegacyEconomyImported(state: State, { data }: LegacyEconomyImported): void {
  state.yieldAccount = {
    ...state.yieldAccount,
    apyPpm: data.apyPpm,
    computedMs: data.lastPayoutMs,
    lastPayoutMs: data.lastPayoutMs,
    openingDistributed: fromText(data.totalDistributed),
  };
}

export function evolveLegacyStakeImported(state: State, { data }: LegacyStakeImported): void {
  const { agentId } = data;
  const amount = fromText(data.amount);
  const { integral } = state.yieldAccount;
  state.agents.set(agentId, { ...agentRow(state, agentId), integral });
  move(state, { from: issuance, to: staked(agentId), amount });
  growStakes(state, { agentId, amount });
}

export function evolveLegacyMarketImported(state: State, { data }: LegacyMarketImported, atMs: number): void {
  const { pools: poolTexts, liquidity: liquidityText, volume, status, holder, ...rest } = data;
  const { marketId } = rest;
  const pools = poolTexts.map(fromText);
  const liquidity = fromText(liquidityText);
  addMarket(state, {
    terms: { ...rest, liquidity, mechanism: 'fixed-product' },
    phase: status === 'open' ? { status } : { status, closedAtMs: atMs },
    pools,
    escrow: ZERO,
    fees: ZERO,
    volume: fromText(volume),
  });
  move(state, { from: issuance, to: escrow(marketId), amount: liquidity });
  const shares = pools.map((pool) => difference(liquidity, pool));
  if (shares.every((held) => held === 0n)) return;
  state.holdings.set(holdingId(marketId, holder), { marketId, agentId: holder, shares, paid: ZERO, received: ZERO });
  state.holdersOfMarket.add(marketId, holder);
  state.marketsOfAgent.add(holder, marketId);
}

export function evolveLegacyStatsImported(state: State, { data }: LegacyStatsImported): void {
  state.stats = { ...data };
}
