import { accept, at, type Decision, type DecisionContext, type Limits } from '../decision.js';
import { utf8Length } from '../documents/state.js';
import type { DomainEvent } from '../events.js';
import { refuse } from '../refusal.js';
import type { State } from '../state.js';
import { toText, ZERO, type AgentId } from '../units.js';
import type { ImportLegacy, LegacyEconomy, LegacyMarket, LegacyWorld } from './commands.js';

/** Holds the shares that the pools of the old markets lack; the old files do not say whose they were. */
const LEGACY_HOLDER = 'legacy' as AgentId;

/** All of it or nothing: one command, so one commit. */
export function decideImportLegacy(state: State, command: ImportLegacy, { nowMs, limits }: DecisionContext): Decision {
  const problem = problemOf(state, command, nowMs);
  if (problem !== undefined) return refuse('import-invalid', problem);
  const excess = documentExcess(command, limits);
  if (excess !== undefined) return refuse('document-limit-reached', excess);
  const { economy, markets, stats, world, documents } = command;
  const events: readonly DomainEvent[] = [
    ...(economy === null ? [] : economyEvents(economy)),
    ...marketEvents(markets, state.settings.feeBps),
    ...(stats === null ? [] : [{ type: 'LegacyStatsImported', data: stats } as const]),
    ...(world === null ? [] : [worldEvent(world)]),
    ...documents.map((document) => ({ type: 'DocumentSaved', data: document }) as const),
  ];
  return accept(...events.map((event) => at(nowMs, event)));
}

/** One sentence for what stands in the way; undefined if nothing does. */
function problemOf(state: State, { economy, markets, documents }: ImportLegacy, nowMs: number): string | undefined {
  if (!isUnused(state)) return 'an import needs a timeline in which nothing has happened yet';
  const stakers = economy?.stakes.map(({ agentId }) => agentId) ?? [];
  if (markets.length > 0 && stakers.includes(LEGACY_HOLDER)) {
    return `an agent ${LEGACY_HOLDER} has a stake, and the import gives that id to the holder of the old shares`;
  }
  if (economy !== null && economy.lastPayoutMs > nowMs) {
    return `the last payout, at ${economy.lastPayoutMs} ms, lies after the timeline's time, ${nowMs} ms`;
  }
  return (
    repeatedIn('stake', stakers) ??
    repeatedIn(
      'market',
      markets.map(({ marketId }) => marketId),
    ) ??
    repeatedIn(
      'document',
      documents.map(({ name }) => name),
    ) ??
    markets.map(poolsMissing).find((problem) => problem !== undefined)
  );
}

const isUnused = ({ agents, markets, worldEvents, documents, yieldAccount }: State): boolean =>
  agents.size + markets.size + worldEvents.size + documents.size + yieldAccount.ordinal === 0;

function repeatedIn(kind: string, ids: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) return `${kind} ${id} is there twice`;
    seen.add(id);
  }
  return undefined;
}

const poolsMissing = ({ marketId, outcomes, pools }: LegacyMarket): string | undefined =>
  outcomes.length === pools.length
    ? undefined
    : `market ${marketId} has ${outcomes.length} outcomes and ${pools.length} pools`;

function documentExcess({ documents }: ImportLegacy, limits: Limits): string | undefined {
  if (documents.length > limits.documentsMax) return `a timeline keeps ${limits.documentsMax} documents at most`;
  const bytes = documents.reduce((total, { text }) => total + utf8Length(text), 0);
  return bytes > limits.documentBytesMax
    ? `the files have ${bytes} bytes; a timeline keeps ${limits.documentBytesMax} bytes of documents at most`
    : undefined;
}

function economyEvents({ apyPpm, lastPayoutMs, totalDistributed, stakes }: LegacyEconomy): readonly DomainEvent[] {
  return [
    { type: 'LegacyEconomyImported', data: { apyPpm, lastPayoutMs, totalDistributed: toText(totalDistributed) } },
    ...stakes.map(({ agentId }) => ({ type: 'AgentRegistered', data: { agentId, name: agentId } }) as const),
    ...stakes
      .filter(({ amount }) => amount > 0n)
      .map(
        ({ agentId, amount }) => ({ type: 'LegacyStakeImported', data: { agentId, amount: toText(amount) } }) as const,
      ),
  ];
}

function marketEvents(markets: readonly LegacyMarket[], feeBps: number): readonly DomainEvent[] {
  if (markets.length === 0) return [];
  return [
    { type: 'AgentRegistered', data: { agentId: LEGACY_HOLDER, name: LEGACY_HOLDER } },
    ...markets.map((market) => marketEvent(market, feeBps)),
  ];
}

/** A pool of 0 or less cannot trade: it counts as empty, and the market comes in closed. */
function marketEvent(market: LegacyMarket, feeBps: number): DomainEvent {
  const pools = market.pools.map((pool) => (pool > 0n ? pool : ZERO));
  const liquidity = pools.reduce((larger, pool) => (pool > larger ? pool : larger), ZERO);
  const isDry = pools.some((pool) => pool === 0n);
  return {
    type: 'LegacyMarketImported',
    data: {
      ...market,
      feeBps,
      volume: toText(market.volume),
      pools: pools.map(toText),
      liquidity: toText(liquidity),
      status: isDry ? 'closed' : market.status,
      holder: LEGACY_HOLDER,
    },
  };
}

const worldEvent = ({ globalTensionPpm, recentReasoning, eventLog }: LegacyWorld): DomainEvent => ({
  type: 'WorldStateRecorded',
  data: { globalTensionPpm, recentReasoning, appendLines: eventLog },
});
