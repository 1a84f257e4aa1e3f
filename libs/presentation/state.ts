import { formatDecimal, type ReadableState } from '#domain';
import type { HeldView } from '#runtime';
import { balancesView } from './agent.js';
import { documentView } from './document.js';
import { marketView } from './market.js';
import { clockView, settingsView, type ClockView, type SettingsView } from './settings.js';
import { formatTime } from './time.js';
import { worldEventView, worldView } from './world.js';
import { yieldView } from './yield.js';

/** What a state comes to. */
export interface StateView extends ClockView {
  readonly timeline: string;
  readonly version: number;
  /** Time of its last event. */
  readonly at: string;
  readonly stateHash: string;
  readonly moneySupply: string;
  readonly settings: SettingsView;
  readonly counts: {
    readonly agents: number;
    readonly markets: number;
    readonly holdings: number;
    readonly worldEvents: number;
    readonly documents: number;
  };
}

/** What a held state comes to. */
export const stateView = ({ timeline, state, version }: HeldView, stateHash: string): StateView => ({
  timeline,
  version,
  at: formatTime(state.nowMs),
  stateHash,
  moneySupply: formatDecimal(0n - state.ledger.issuance),
  ...clockView(state.lifecycle),
  settings: settingsView(state.settings),
  counts: {
    agents: state.agents.size,
    markets: state.markets.size,
    holdings: state.holdings.size,
    worldEvents: state.worldEvents.size,
    documents: state.documents.size,
  },
});

/** Rows that are put into one piece of text. */
const ROWS_PER_PIECE = 100;

/** All of a state as one JSON text, in pieces: what it comes to, then everything in it in order of id. */
export function* fullStateText(summary: StateView, state: ReadableState): Generator<string, void, undefined> {
  yield JSON.stringify({
    ...summary,
    yield: yieldView(state.yieldAccount),
    world: worldView(state.world),
    stats: state.stats,
  }).slice(0, -1);
  const { nowMs, yieldAccount } = state;
  yield* rows('agents', state.agents, (agent, id) => balancesView(id, agent, { yieldAccount, nowMs }));
  yield* rows('markets', state.markets, (market) => marketView(market, nowMs));
  yield* rows('holdings', state.holdings, ({ marketId, agentId, shares, paid, received }) => ({
    marketId,
    agentId,
    shares: shares.map(formatDecimal),
    paid: formatDecimal(paid),
    received: formatDecimal(received),
  }));
  yield* rows('worldEvents', state.worldEvents, worldEventView);
  yield* rows('documents', state.documents, (document, name) => ({
    ...documentView(name, document),
    text: document.text,
  }));
  yield '}';
}

function* rows<Row>(
  name: string,
  table: { sortedIds(): readonly string[]; get(id: string): Row | undefined },
  view: (row: Row, id: string) => object,
): Generator<string, void, undefined> {
  let piece = `,"${name}":[`;
  let count = 0;
  for (const id of table.sortedIds()) {
    const row = table.get(id);
    if (row === undefined) continue;
    piece += `${count === 0 ? '' : ','}${JSON.stringify(view(row, id))}`;
    count += 1;
    if (count % ROWS_PER_PIECE !== 0) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
}
