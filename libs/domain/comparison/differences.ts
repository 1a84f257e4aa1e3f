import type { Agent } from '../agents/state.js';
import type { Holding, Market } from '../markets/state.js';
import type { ReadableState } from '../state.js';
import type { ReadableTable } from '../tables/table.js';
import { accruedAt, computeThrough, touch } from '../yield/integrals.js';
import { Y } from '../yield/state.js';
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

/** What two states are compared by, in this order. */
export const COMPARED_SECTIONS = [
  'supply',
  'yield',
  'agents',
  'markets',
  'positions',
  'stats',
  'world',
  'worldEvents',
  'documents',
  'settings',
  'time',
] as const;
/** A part of the state that is compared. */
export type ComparedSection = (typeof COMPARED_SECTIONS)[number];

/** Where in the order of all differences one stands. */
export interface DifferencePosition {
  readonly section: ComparedSection;
  /** The row's id (of a position `market/agent`); of what is one of a kind, the section's name. */
  readonly id: string;
}

/** What two states do not have alike: the fields that differ, all of a row that only one of them has, null for the other. */
export interface Difference extends DifferencePosition {
  readonly left: RecordFields | null;
  readonly right: RecordFields | null;
}

/** Rows that are compared for one piece. */
const ROWS_PER_PIECE = 256;

/**
 * What differs between two states, section by section in the order of `COMPARED_SECTIONS`, and by id in order of code
 * point within each; behind `after`, if it is given. It comes in pieces of at most 256 rows compared, empty where nothing
 * differs, so that the consumer may stop, or rest, between them. Both states must hold still: pin them.
 *
 * Agents and yield are compared as views show them at each state's own time: with what a touch would credit and what has
 * accrued since. When an agent was last touched is bookkeeping and not compared, so that two states with different hashes
 * may have no difference. Nor are versions, the timeline's name, clock and status, which the hash does not cover either.
 */
export function* differencesBetween(
  left: ReadableState,
  right: ReadableState,
  after?: DifferencePosition,
): Generator<readonly Difference[], void, undefined> {
  const first = after === undefined ? 0 : COMPARED_SECTIONS.indexOf(after.section);
  for (const section of COMPARED_SECTIONS.slice(first)) {
    const sides = [rowsOf(section, left), rowsOf(section, right)] as const;
    yield* compareRows(section, sides, section === after?.section ? after.id : undefined);
  }
}

/** One section of a state as rows of fields. */
interface Rows {
  /** In order of code point. */
  readonly ids: readonly string[];
  fields(id: string): RecordFields | undefined;
}

function* compareRows(
  section: ComparedSection,
  [left, right]: readonly [Rows, Rows],
  afterId: string | undefined,
): Generator<readonly Difference[], void, undefined> {
  let piece: Difference[] = [];
  let compared = 0;
  for (const id of merged(left.ids, right.ids, afterId)) {
    const difference = compareRow({ section, id }, { left: left.fields(id), right: right.fields(id) });
    if (difference !== null) piece.push(difference);
    compared += 1;
    if (compared % ROWS_PER_PIECE !== 0) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}

function compareRow(
  position: DifferencePosition,
  { left, right }: { readonly left: RecordFields | undefined; readonly right: RecordFields | undefined },
): Difference | null {
  if (left === undefined || right === undefined) {
    return left === right ? null : { ...position, left: left ?? null, right: right ?? null };
  }
  const differing = differingFields(left, right);
  return differing && { ...position, ...differing };
}

/** The ids of two sorted lists in one order, each once. */
function* merged(left: readonly string[], right: readonly string[], afterId = ''): Generator<string, void, undefined> {
  let [i, j] = [firstBehind(left, afterId), firstBehind(right, afterId)];
  for (;;) {
    const [ours, theirs] = [left[i], right[j]];
    if (ours === undefined && theirs === undefined) return;
    const takesOurs = ours !== undefined && (theirs === undefined || ours <= theirs);
    const takesTheirs = theirs !== undefined && (ours === undefined || theirs <= ours);
    if (takesOurs) i += 1;
    if (takesTheirs) j += 1;
    yield (takesOurs ? ours : theirs) ?? '';
  }
}

/** Index of the first id behind another. */
function firstBehind(ids: readonly string[], id: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? '') <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowsOf(section: ComparedSection, state: ReadableState): Rows {
  switch (section) {
    case 'supply':
      return single(section, { moneySupply: amount(0n - state.ledger.issuance) });
    case 'yield':
      return single(section, yieldFields(state));
    case 'agents':
      return table(state.agents, (agent) => agentFields(agent, state));
    case 'markets':
      return table(state.markets, fullMarketFields);
    case 'positions':
      return table(state.holdings, positionFields);
    case 'stats':
      return single(section, statsFields(state.stats));
    case 'world':
      return single(section, worldFields(state.world));
    case 'worldEvents':
      return table(state.worldEvents, worldEventFields);
    case 'documents':
      return table(state.documents, documentFields);
    case 'settings':
      return single(section, settingsFields(state.settings));
    case 'time':
      return single(section, timeFields(state.nowMs));
  }
}

const single = (section: ComparedSection, fields: RecordFields): Rows => ({ ids: [section], fields: () => fields });

const table = <Row>(rows: ReadableTable<Row>, fieldsOf: (row: Row) => RecordFields): Rows => ({
  ids: rows.sortedIds(),
  fields: (id) => {
    const row = rows.get(id);
    return row && fieldsOf(row);
  },
});

function yieldFields({ yieldAccount, ledger, nowMs }: ReadableState): RecordFields {
  const account = computeThrough(yieldAccount, nowMs);
  return {
    apy: ppm(account.apyPpm),
    lastPayout: time(account.lastPayoutMs),
    totalStaked: amount(account.totalStaked),
    totalDistributed: amount(account.distributed + account.openingDistributed),
    openingDistributed: amount(account.openingDistributed),
    distributions: count(account.ordinal),
    stakers: count(account.stakers),
    integral: integer(account.integral),
    accrued: integer(account.accrued),
    payable: amount(ledger.yieldPayable),
  };
}

function agentFields(agent: Agent, { yieldAccount, nowMs }: ReadableState): RecordFields {
  const { agent: touched, credit } = touch(agent, yieldAccount);
  const accrued = accruedAt(touched, yieldAccount, nowMs);
  return {
    name: text(agent.name),
    available: amount(agent.available + credit),
    staked: amount(agent.staked),
    yieldEarned: amount(touched.yieldEarned),
    yieldPending: amount(accrued / Y),
    yieldRemainder: integer(accrued % Y),
  };
}

const fullMarketFields = (market: Market): RecordFields => ({
  ...marketFields(market),
  escrow: amount(market.escrow),
  fees: amount(market.fees),
});

const positionFields = ({ shares, paid, received }: Holding): RecordFields => ({
  shares: amount(shares),
  paid: amount(paid),
  received: amount(received),
});
