import { holdingId, type MarketStatus } from '../markets/state.js';
import { State, type ReadableState } from '../state.js';
import { addDue } from '../tables/agenda.js';
import type { ReadableTable } from '../tables/table.js';
import type { ClockKind, JsonValue, Lifecycle } from '../timeline/state.js';
import {
  agentCodec,
  documentCodec,
  holdingCodec,
  ledgerCodec,
  marketCodec,
  settingsCodec,
  statsCodec,
  StoredFields,
  worldCodec,
  worldEventCodec,
  yieldCodec,
  type RowCodec,
} from './codecs.js';
import { CanonicalReader, entry, field, MalformedCanonicalText } from './text.js';

/** Version of the canonical text. A field that is added later keeps old hashes, so this changes hardly ever. */
const SCHEME = 'seed-state-1';

/** Rows of one piece, so that whoever writes or reads a state may rest between them. */
const ROWS_PER_PIECE = 256;

/**
 * The canonical text of everything that decisions read or a view shows, in pieces: its UTF-8 is what the state hash is
 * the SHA-256 of. Sections by name, entries by id, fields by name, fields at their default left out. It does not cover
 * ids and names of the timeline, clock kind, status or versions.
 */
export function* canonicalText(state: ReadableState): Generator<string, void, undefined> {
  yield field(SCHEME);
  yield* section('agents', state.agents, agentCodec);
  yield* section('documents', state.documents, documentCodec);
  yield* section('holdings', state.holdings, holdingCodec);
  yield single('ledger', state.ledger, ledgerCodec);
  yield* section('markets', state.markets, marketCodec);
  yield single('settings', state.settings, settingsCodec);
  yield single('stats', state.stats, statsCodec);
  yield field('time') + field(state.nowMs.toString());
  yield single('world', state.world, worldCodec);
  yield* section('worldEvents', state.worldEvents, worldEventCodec);
  yield single('yield', state.yieldAccount, yieldCodec);
}

/** What a snapshot keeps besides the canonical text: whatever the hash does not cover. */
export function* uncoveredText(state: ReadableState): Generator<string, void, undefined> {
  const { lifecycle } = state;
  if (lifecycle.status === 'absent') throw new MalformedCanonicalText('no timeline to write');
  const { status, clock, offsetMs, createdAtMs } = lifecycle;
  const result = status === 'active' ? null : lifecycle.result;
  yield field('lifecycle') + field(status) + field(clock) + field(offsetMs.toString());
  yield field(createdAtMs.toString()) + field(JSON.stringify(result));
  yield* versions('documentVersions', state.documents);
  yield* versions('worldEventVersions', state.worldEvents);
}

/** A state from what `canonicalText` and `uncoveredText` wrote; throws `MalformedCanonicalText` on anything else. */
export function readState(canonical: string, uncovered: string): State {
  const pieces = readStateInPieces(canonical, uncovered);
  for (;;) {
    const piece = pieces.next();
    if (piece.done === true) return piece.value;
  }
}

/** The same, so that whoever reads may rest between the pieces. */
export function* readStateInPieces(canonical: string, uncovered: string): Generator<void, State, undefined> {
  try {
    return yield* readSections(canonical, uncovered);
  } catch (error) {
    if (error instanceof MalformedCanonicalText) throw error;
    throw new MalformedCanonicalText('a value that is none', { cause: error });
  }
}

function* readSections(canonical: string, uncovered: string): Generator<void, State, undefined> {
  const state = new State();
  const reader = new CanonicalReader(canonical);
  expectField(reader, SCHEME);
  yield* readSection(reader, 'agents', agentCodec, (id, agent) => state.agents.set(id, agent));
  yield* readSection(reader, 'documents', documentCodec, (id, document) => {
    state.documents.set(id, document);
    state.documentBytes += document.sizeBytes;
  });
  yield* readSection(reader, 'holdings', holdingCodec, (_id, holding) => {
    const { marketId, agentId } = holding;
    state.holdings.set(holdingId(marketId, agentId), holding);
    state.holdersOfMarket.add(marketId, agentId);
    state.marketsOfAgent.add(agentId, marketId);
  });
  state.ledger = readSingle(reader, 'ledger', ledgerCodec);
  const counts: Record<MarketStatus, number> = { ...state.marketCounts };
  yield* readSection(reader, 'markets', marketCodec, (id, market) => {
    state.markets.set(id, market);
    counts[market.phase.status] += 1;
    if (market.phase.status === 'open') state.agenda = addDue(state.agenda, { atMs: market.terms.expiresAtMs, id });
  });
  state.marketCounts = counts;
  state.settings = readSingle(reader, 'settings', settingsCodec);
  state.stats = readSingle(reader, 'stats', statsCodec);
  expectField(reader, 'time');
  state.nowMs = Number(reader.field());
  state.world = readSingle(reader, 'world', worldCodec);
  yield* readSection(reader, 'worldEvents', worldEventCodec, (id, event) => state.worldEvents.set(id, event));
  state.yieldAccount = readSingle(reader, 'yield', yieldCodec);
  if (!reader.atEnd) throw new MalformedCanonicalText('text behind the last section');
  yield* readUncovered(state, new CanonicalReader(uncovered));
  return state;
}

function* readUncovered(state: State, reader: CanonicalReader): Generator<void, void, undefined> {
  expectField(reader, 'lifecycle');
  const status = reader.field() as Exclude<Lifecycle['status'], 'absent'>;
  const existing = {
    clock: reader.field() as ClockKind,
    offsetMs: Number(reader.field()),
    createdAtMs: Number(reader.field()),
  };
  const result = JSON.parse(reader.field()) as JsonValue;
  state.lifecycle = status === 'active' ? { status, ...existing } : { status, result, ...existing };
  yield* readVersions(reader, 'documentVersions', (id, version) => {
    const document = state.documents.get(id);
    if (document !== undefined) state.documents.set(id, { ...document, version });
  });
  yield* readVersions(reader, 'worldEventVersions', (id, version) => {
    const event = state.worldEvents.get(id);
    if (event !== undefined) state.worldEvents.set(id, { ...event, version });
  });
}

function* section<Row>(
  name: string,
  table: ReadableTable<Row>,
  codec: RowCodec<Row>,
): Generator<string, void, undefined> {
  yield `${field(name)}${table.size}:`;
  yield* inPieces(table, (id, row) => entry(id, codec.encode(row), codec.names));
}

const single = <Row>(name: string, row: Row, codec: RowCodec<Row>): string =>
  `${field(name)}${entry('', codec.encode(row), codec.names)}`;

function* versions(
  name: string,
  table: ReadableTable<{ readonly version: number }>,
): Generator<string, void, undefined> {
  yield `${field(name)}${table.size}:`;
  yield* inPieces(table, (id, { version }) => field(id) + field(version.toString()));
}

function* inPieces<Row>(
  table: ReadableTable<Row>,
  write: (id: string, row: Row) => string,
): Generator<string, void, undefined> {
  let piece = '';
  let rows = 0;
  for (const id of table.sortedIds()) {
    const row = table.get(id);
    if (row === undefined) throw new MalformedCanonicalText(`no row ${id}`);
    piece += write(id, row);
    rows += 1;
    if (rows % ROWS_PER_PIECE === 0) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

function* readSection<Row>(
  reader: CanonicalReader,
  name: string,
  codec: RowCodec<Row>,
  add: (id: string, row: Row) => void,
): Generator<void, void, undefined> {
  expectField(reader, name);
  for (let left = reader.count(); left > 0; left -= 1) {
    if (left % ROWS_PER_PIECE === 0) yield;
    const id = reader.field();
    add(id, codec.decode(new StoredFields(reader.fields()), id));
  }
}

function readSingle<Row>(reader: CanonicalReader, name: string, codec: RowCodec<Row>): Row {
  expectField(reader, name);
  const id = reader.field();
  return codec.decode(new StoredFields(reader.fields()), id);
}

function* readVersions(
  reader: CanonicalReader,
  name: string,
  add: (id: string, version: number) => void,
): Generator<void, void, undefined> {
  expectField(reader, name);
  for (let left = reader.count(); left > 0; left -= 1) {
    if (left % ROWS_PER_PIECE === 0) yield;
    const id = reader.field();
    add(id, Number(reader.field()));
  }
}

function expectField(reader: CanonicalReader, expected: string): void {
  const found = reader.field();
  if (found !== expected) throw new MalformedCanonicalText(`${found} where ${expected} was expected`);
}
