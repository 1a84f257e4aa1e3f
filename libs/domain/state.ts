import type { Agent } from './agents/state.js';
import type { StoredDocument } from './documents/state.js';
import { NO_MONEY, type Ledger } from './ledger/state.js';
import type { Holding, Market, MarketCounts } from './markets/state.js';
import { NO_STATS, type Stats, type WorldEvent } from './orchestrator/state.js';
import { agentSizing, documentSizing, holdingSizing, marketSizing, recordsBytes, worldEventSizing } from './memory.js';
import { NO_YIELD, type YieldAccount } from './yield/state.js';
import { CALM_WORLD, type World } from './world/state.js';
import { NOT_CREATED, type Lifecycle, type Settings, DEFAULT_SETTINGS } from './timeline/state.js';
import type { Agenda } from './tables/agenda.js';
import { Index, Table, type PinnedTable, type ReadableTable } from './tables/table.js';

/** Whatever is one of a kind in a timeline. Each record is immutable and replaced whole. */
interface Records {
  /** Time of the last event, ms since the Unix epoch. */
  nowMs: number;
  lifecycle: Lifecycle;
  settings: Settings;
  ledger: Ledger;
  yieldAccount: YieldAccount;
  marketCounts: MarketCounts;
  agenda: Agenda;
  stats: Stats;
  world: World;
  documentBytes: number;
}

const EMPTY: Records = {
  nowMs: 0,
  lifecycle: NOT_CREATED,
  settings: DEFAULT_SETTINGS,
  ledger: NO_MONEY,
  yieldAccount: NO_YIELD,
  marketCounts: { open: 0, closed: 0, resolved: 0, void: 0 },
  agenda: null,
  stats: NO_STATS,
  world: CALM_WORLD,
  documentBytes: 0,
};

/** What a view, a hash or a snapshot reads: the live state or a pinned one. */
export interface ReadableState extends Readonly<Records> {
  readonly agents: ReadableTable<Agent>;
  readonly markets: ReadableTable<Market>;
  readonly holdings: ReadableTable<Holding>;
  readonly worldEvents: ReadableTable<WorldEvent>;
  readonly documents: ReadableTable<StoredDocument>;
}

/** The economy of one timeline: the left fold of its log. Changed by `evolve` alone. */
export class State implements Records, ReadableState {
  nowMs: number;
  lifecycle: Lifecycle;
  settings: Settings;
  ledger: Ledger;
  yieldAccount: YieldAccount;
  marketCounts: MarketCounts;
  agenda: Agenda;
  stats: Stats;
  world: World;
  documentBytes: number;

  readonly agents: Table<Agent>;
  readonly markets: Table<Market>;
  /** By `holdingId`. */
  readonly holdings: Table<Holding>;
  readonly holdersOfMarket: Index;
  readonly marketsOfAgent: Index;
  readonly worldEvents: Table<WorldEvent>;
  readonly documents: Table<StoredDocument>;

  constructor(below?: State) {
    const records = below ?? EMPTY;
    this.nowMs = records.nowMs;
    this.lifecycle = records.lifecycle;
    this.settings = records.settings;
    this.ledger = records.ledger;
    this.yieldAccount = records.yieldAccount;
    this.marketCounts = records.marketCounts;
    this.agenda = records.agenda;
    this.stats = records.stats;
    this.world = records.world;
    this.documentBytes = records.documentBytes;
    this.agents = new Table(below?.agents, agentSizing);
    this.markets = new Table(below?.markets, marketSizing);
    this.holdings = new Table(below?.holdings, holdingSizing);
    this.holdersOfMarket = new Index(below?.holdersOfMarket);
    this.marketsOfAgent = new Index(below?.marketsOfAgent);
    this.worldEvents = new Table(below?.worldEvents, worldEventSizing);
    this.documents = new Table(below?.documents, documentSizing);
  }

  /**
   * What its rows take in memory, as measured: kept current with every change, so that it costs nothing to ask. Of an
   * overlay: what they will once it is absorbed.
   */
  get rowBytes(): number {
    const { agents, markets, holdings, worldEvents, documents } = this;
    return agents.bytes + markets.bytes + holdings.bytes + worldEvents.bytes + documents.bytes;
  }

  /** What all of it takes in memory, with what pins hold of rows that were replaced. */
  get bytes(): number {
    const { agents, markets, holdings, worldEvents, documents } = this;
    const tables = [agents, markets, holdings, worldEvents, documents];
    return tables.reduce((sum, { pinnedBytes }) => sum + pinnedBytes, this.rowBytes + recordsBytes(this));
  }

  /** The same of an overlay without what is below it, about. */
  get ownBytes(): number {
    const { agents, markets, holdings, worldEvents, documents } = this;
    return [agents, markets, holdings, worldEvents, documents].reduce((sum, { ownBytes }) => sum + ownBytes, 4_096);
  }

  /** A state over this one that can be absorbed or dropped; this one must not change in between. */
  overlay(): State {
    return new State(this);
  }

  /** Takes over what an overlay of this state changed. */
  absorb(overlay: State): void {
    this.#takeRecords(overlay);
    this.agents.absorb(overlay.agents);
    this.markets.absorb(overlay.markets);
    this.holdings.absorb(overlay.holdings);
    this.holdersOfMarket.absorb(overlay.holdersOfMarket);
    this.marketsOfAgent.absorb(overlay.marketsOfAgent);
    this.worldEvents.absorb(overlay.worldEvents);
    this.documents.absorb(overlay.documents);
  }

  /** This state as it is now, for work that takes longer than a turn. Release it afterwards. */
  pin(): PinnedState {
    return new PinnedState(this);
  }

  #takeRecords(from: State): void {
    this.nowMs = from.nowMs;
    this.lifecycle = from.lifecycle;
    this.settings = from.settings;
    this.ledger = from.ledger;
    this.yieldAccount = from.yieldAccount;
    this.marketCounts = from.marketCounts;
    this.agenda = from.agenda;
    this.stats = from.stats;
    this.world = from.world;
    this.documentBytes = from.documentBytes;
  }
}

/** A state as it was when it was pinned, while the live one goes on. */
export class PinnedState implements ReadableState {
  readonly nowMs: number;
  readonly lifecycle: Lifecycle;
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly yieldAccount: YieldAccount;
  readonly marketCounts: MarketCounts;
  readonly agenda: Agenda;
  readonly stats: Stats;
  readonly world: World;
  readonly documentBytes: number;
  readonly agents: PinnedTable<Agent>;
  readonly markets: PinnedTable<Market>;
  readonly holdings: PinnedTable<Holding>;
  readonly worldEvents: PinnedTable<WorldEvent>;
  readonly documents: PinnedTable<StoredDocument>;

  constructor(live: State) {
    this.nowMs = live.nowMs;
    this.lifecycle = live.lifecycle;
    this.settings = live.settings;
    this.ledger = live.ledger;
    this.yieldAccount = live.yieldAccount;
    this.marketCounts = live.marketCounts;
    this.agenda = live.agenda;
    this.stats = live.stats;
    this.world = live.world;
    this.documentBytes = live.documentBytes;
    this.agents = live.agents.pin();
    this.markets = live.markets.pin();
    this.holdings = live.holdings.pin();
    this.worldEvents = live.worldEvents.pin();
    this.documents = live.documents.pin();
  }

  /** Lets the live state go on without saving what it replaces. */
  release(): void {
    for (const table of [this.agents, this.markets, this.holdings, this.worldEvents, this.documents]) table.release();
  }
}
