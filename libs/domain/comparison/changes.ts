import type { Agent } from '../agents/state.js';
import {
  accountName,
  available,
  escrow,
  fees,
  issuance,
  staked,
  yieldPayable,
  type Account,
} from '../ledger/postings.js';
import type { Holding } from '../markets/state.js';
import type { State } from '../state.js';
import type { Table } from '../tables/table.js';
import type { Lifecycle } from '../timeline/state.js';
import { ZERO, type AgentId, type MarketId, type Micro } from '../units.js';
import type { YieldAccount } from '../yield/state.js';
import { amount, count, differingFields, integer, ppm, text, time, type RecordFields } from './fields.js';
import {
  documentFields,
  marketFields,
  settingsFields,
  statsFields,
  timeFields,
  worldEventFields,
  worldFields,
} from './records.js';

/** An account whose balance one event changed. */
export interface AccountChange {
  /** `issuance`, `house:yield-payable`, `agent:X:available`, `agent:X:staked`, `market:M:escrow` or `market:M:fees`. */
  readonly account: string;
  readonly before: Micro;
  readonly after: Micro;
}

/** An agent's shares of one outcome that one event changed. */
export interface PositionChange {
  readonly marketId: MarketId;
  readonly agentId: AgentId;
  /** Index of the outcome. */
  readonly outcome: number;
  readonly before: Micro;
  readonly after: Micro;
}

/** A row or record that one event changed otherwise: the fields that are not alike; null where there is no such row. */
export interface RecordChange {
  readonly section: ChangedSection;
  /** The row's id (of a position `market/agent`); of what is one of a kind, the section's name. */
  readonly id: string;
  readonly before: RecordFields | null;
  readonly after: RecordFields | null;
}

/** What a `RecordChange` may be of. */
export type ChangedSection =
  | 'agents'
  | 'documents'
  | 'markets'
  | 'positions'
  | 'settings'
  | 'stats'
  | 'time'
  | 'timeline'
  | 'world'
  | 'worldEvents'
  | 'yield';

/** What one event changed. */
export interface Changes {
  /** In order of name; before and after differ, and all differences together are 0. */
  readonly accounts: readonly AccountChange[];
  /** In order of market, agent and outcome. */
  readonly positions: readonly PositionChange[];
  /** In order of section and id. */
  readonly other: readonly RecordChange[];
}

/**
 * What one event changed of everything that the state hash covers, and of the timeline's status and clock: the raw rows,
 * as the event left them. `overlay` is an overlay of `before` on which the event was evolved; the cost is that of what it
 * changed, whatever the size of the state.
 */
export const changesOf = (before: State, overlay: State): Changes => ({
  accounts: changedAccounts(before, overlay),
  positions: changedPositions(before, overlay),
  other: changedRecords(before, overlay),
});

function changedAccounts(before: State, overlay: State): readonly AccountChange[] {
  const changes: AccountChange[] = [];
  const compare = (
    account: Account,
    [from = ZERO, to = ZERO]: readonly [Micro | undefined, Micro | undefined],
  ): void => {
    if (from !== to) changes.push({ account: accountName(account), before: from, after: to });
  };
  compare(issuance, [before.ledger.issuance, overlay.ledger.issuance]);
  compare(yieldPayable, [before.ledger.yieldPayable, overlay.ledger.yieldPayable]);
  for (const id of overlay.agents.changedIds()) {
    const [from, to] = [before.agents.get(id), overlay.agents.get(id)];
    compare(available(id as AgentId), [from?.available, to?.available]);
    compare(staked(id as AgentId), [from?.staked, to?.staked]);
  }
  for (const id of overlay.markets.changedIds()) {
    const [from, to] = [before.markets.get(id), overlay.markets.get(id)];
    compare(escrow(id as MarketId), [from?.escrow, to?.escrow]);
    compare(fees(id as MarketId), [from?.fees, to?.fees]);
  }
  return changes.sort((a, b) => (a.account < b.account ? -1 : 1));
}

function changedPositions(before: State, overlay: State): readonly PositionChange[] {
  return overlay.holdings.changedIds().flatMap((id) => {
    const [from, to] = [before.holdings.get(id), overlay.holdings.get(id)];
    const holding = to ?? from;
    return holding === undefined ? [] : changedShares(holding, { from, to });
  });
}

function changedShares(
  { marketId, agentId, shares }: Holding,
  { from, to }: { readonly from: Holding | undefined; readonly to: Holding | undefined },
): readonly PositionChange[] {
  return shares.flatMap((_, outcome) => {
    const [held, holds] = [from?.shares[outcome] ?? ZERO, to?.shares[outcome] ?? ZERO];
    return held === holds ? [] : [{ marketId, agentId, outcome, before: held, after: holds }];
  });
}

function changedRecords(before: State, overlay: State): readonly RecordChange[] {
  const rowsOf =
    <Row>(section: ChangedSection, fieldsOf: (row: Row) => RecordFields) =>
    (from: Table<Row>, to: Table<Row>): readonly RecordChange[] =>
      to.changedIds().flatMap((id) => changed({ section, id, fieldsOf }, { from: from.get(id), to: to.get(id) }));
  const recordOf =
    <Row>(section: ChangedSection, fieldsOf: (row: Row) => RecordFields) =>
    (from: Row, to: Row): readonly RecordChange[] =>
      from === to ? [] : changed({ section, id: section, fieldsOf }, { from, to });
  return [
    ...rowsOf('agents', agentFields)(before.agents, overlay.agents),
    ...rowsOf('documents', documentFields)(before.documents, overlay.documents),
    ...rowsOf('markets', marketFields)(before.markets, overlay.markets),
    ...rowsOf('positions', paymentFields)(before.holdings, overlay.holdings),
    ...recordOf('settings', settingsFields)(before.settings, overlay.settings),
    ...recordOf('stats', statsFields)(before.stats, overlay.stats),
    ...recordOf('time', timeFields)(before.nowMs, overlay.nowMs),
    ...recordOf('timeline', lifecycleFields)(before.lifecycle, overlay.lifecycle),
    ...recordOf('world', worldFields)(before.world, overlay.world),
    ...rowsOf('worldEvents', worldEventFields)(before.worldEvents, overlay.worldEvents),
    ...recordOf('yield', yieldFields)(before.yieldAccount, overlay.yieldAccount),
  ];
}

function changed<Row>(
  {
    section,
    id,
    fieldsOf,
  }: { readonly section: ChangedSection; readonly id: string; readonly fieldsOf: (row: Row) => RecordFields },
  { from, to }: { readonly from: Row | undefined; readonly to: Row | undefined },
): readonly RecordChange[] {
  if (from === undefined && to === undefined) return [];
  if (from === undefined || to === undefined) {
    const [before, after] = [from, to].map((row) => (row === undefined ? null : fieldsOf(row)));
    return [{ section, id, before: before ?? null, after: after ?? null }];
  }
  const differing = differingFields(fieldsOf(from), fieldsOf(to));
  return differing === null ? [] : [{ section, id, before: differing.left, after: differing.right }];
}

/** What an agent's row holds besides its accounts. */
const agentFields = (agent: Agent): RecordFields => ({
  name: text(agent.name),
  yieldEarned: amount(agent.yieldEarned),
  yieldAccrued: integer(agent.accrued),
  yieldIntegral: integer(agent.integral),
  distributions: count(agent.ordinal),
});

const paymentFields = ({ paid, received }: Holding): RecordFields => ({
  paid: amount(paid),
  received: amount(received),
});

const yieldFields = (account: YieldAccount): RecordFields => ({
  apy: ppm(account.apyPpm),
  computedAt: time(account.computedMs),
  integral: integer(account.integral),
  accrued: integer(account.accrued),
  totalStaked: amount(account.totalStaked),
  distributed: amount(account.distributed),
  openingDistributed: amount(account.openingDistributed),
  distributions: count(account.ordinal),
  distributedIntegral: integer(account.distributedIntegral),
  lastPayout: time(account.lastPayoutMs),
  stakers: count(account.stakers),
});

const lifecycleFields = (lifecycle: Lifecycle): RecordFields => ({
  status: text(lifecycle.status),
  ...(lifecycle.status !== 'absent' && {
    clock: text(lifecycle.clock),
    offsetMs: count(lifecycle.offsetMs),
    createdAt: time(lifecycle.createdAtMs),
  }),
});
