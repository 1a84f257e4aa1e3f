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
import { CanonicalReader, entry, field, keepText, MalformedCanonicalText, type KeepText } from './text.js';

/** Version of the canonical text. A field that is added later keeps old hashes, so this changes hardly ever. */
const SCHEME = 'seed-state-1';

/** Rows of one piece, so that whoever writes or reads a state may rest between them. */
const ROWS_PER_PIECE = 256;
/** Large rows end a piece too: a text of hundreds of documents at once would take more memory than the state. */
const CHARS_PER_PIECE = 65_536;

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

/** A state as it was written: its canonical text, whole or in pieces of any length, and what that does not cover. */
export interface WrittenState {
  readonly canonical: string | Iterable<string>;
  readonly uncovered: string;
  /** How texts of the state are made to stand for themselves; `keepText` where it is not given. */
  readonly keep?: KeepText;
}

/** A state from what `canonicalText` and `uncoveredText` wrote; throws `MalformedCanonicalText` on anything else. */
export function readState(canonical: string, uncovered: string): State {
  const pieces = readStateInPieces({ canonical, uncovered });
  for (;;) {
    const piece = pieces.next();
    if (piece.done === true) return piece.value;
  }
}

/** The same, so that whoever reads may rest between the pieces: each shows the state as far as it was read. */
export function* readStateInPieces(written: WrittenState): Generator<State, State, undefined> {
  try {
    return yield* readSections(written);
  } catch (error) {
    if (error instanceof MalformedCanonicalText) throw error;
    throw new MalformedCanonicalText('a value that is none', { cause: error });
  }
}

function* readSections({ canonical, uncovered, keep = keepText }: WrittenState): Generator<State, State, undefined> {
  const state = new State();
  const source = { reader: new CanonicalReader(canonical), keep, state };
  const { reader } = source;
  expectField(reader, SCHEME);
  yield* readSection(source, 'agents', agentCodec, (id, agent) => state.agents.set(id, agent));
  yield* readSection(source, 'documents', documentCodec, (id, document) => {
    state.documents.set(id, document);
    state.documentBytes += document.sizeBytes;
  });
  yield* readSection(source, 'holdings', holdingCodec, (_id, holding) => {
    const { marketId, agentId } = holding;
    state.holdings.set(holdingId(marketId, agentId), holding);
    state.holdersOfMarket.add(marketId, agentId);
    state.marketsOfAgent.add(agentId, marketId);
  });
  state.ledger = readSingle(source, 'ledger', ledgerCodec);
  const counts: Record<MarketStatus, number> = { ...state.marketCounts };
  yield* readSection(source, 'markets', marketCodec, (id, market) => {
    state.markets.set(id, market);
    counts[market.phase.status] += 1;
    if (market.phase.status === 'open') state.agenda = addDue(state.agenda, { atMs: market.terms.expiresAtMs, id });
  });
  state.marketCounts = counts;
  state.settings = readSingle(source, 'settings', settingsCodec);
  state.stats = readSingle(source, 'stats', statsCodec);
  expectField(reader, 'time');
  state.nowMs = Number(reader.field());
  state.world = readSingle(source, 'world', worldCodec);
  yield* readSection(source, 'worldEvents', worldEventCodec, (id, event) => state.worldEvents.set(id, event));
  state.yieldAccount = readSingle(source, 'yield', yieldCodec);
  if (!reader.atEnd) throw new MalformedCanonicalText('text behind the last section');
  yield* readUncovered(state, new CanonicalReader(uncovered));
  return state;
}

function* readUncovered(state: State, reader: CanonicalReader): Generator<State, void, undefined> {
  expectField(reader, 'lifecycle');
  const status = reader.field() as Exclude<Lifecycle['status'], 'absent'>;
  const existing = {
    clock: reader.field() as ClockKind,
    offsetMs: Number(reader.field()),
    createdAtMs: Number(reader.field()),
  };
  const result = JSON.parse(reader.field()) as JsonValue;
  state.lifecycle = status === 'active' ? { status, ...existing } : { status, result, ...existing };
  yield* readVersions({ reader, state }, 'documentVersions', (id, version) => {
    const document = state.documents.get(id);
    if (document !== undefined) state.documents.set(id, { ...document, version });
  });
  yield* readVersions({ reader, state }, 'worldEventVersions', (id, version) => {
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
    if (rows >= ROWS_PER_PIECE || piece.length >= CHARS_PER_PIECE) {
      yield piece;
      piece = '';
      rows = 0;
    }
  }
  yield piece;
}

/** What a state is read from, and the state as far as it was. */
interface Source {
  readonly reader: CanonicalReader;
  readonly keep: KeepText;
  readonly state: State;
}

function* readSection<Row>(
  { reader, keep, state }: Source,
  name: string,
  codec: RowCodec<Row>,
  add: (id: string, row: Row) => void,
): Generator<State, void, undefined> {
  expectField(reader, name);
  const pieces = new PieceEnds(reader);
  for (let left = reader.count(); left > 0; left -= 1) {
    const id = keep(reader.field());
    add(id, codec.decode(new StoredFields(reader.fields(), keep), id));
    if (pieces.isEnd()) yield state;
  }
}

function readSingle<Row>({ reader, keep }: Source, name: string, codec: RowCodec<Row>): Row {
  expectField(reader, name);
  const id = reader.field();
  return codec.decode(new StoredFields(reader.fields(), keep), id);
}

function* readVersions(
  { reader, state }: Pick<Source, 'reader' | 'state'>,
  name: string,
  add: (id: string, version: number) => void,
): Generator<State, void, undefined> {
  expectField(reader, name);
  const pieces = new PieceEnds(reader);
  for (let left = reader.count(); left > 0; left -= 1) {
    const id = reader.field();
    add(id, Number(reader.field()));
    if (pieces.isEnd()) yield state;
  }
}

/** Where whoever reads may rest: after so many rows, or so much text. */
class PieceEnds {
  readonly #reader: CanonicalReader;
  #rows = 0;
  #nextAt: number;

  constructor(reader: CanonicalReader) {
    this.#reader = reader;
    this.#nextAt = reader.consumed + CHARS_PER_PIECE;
  }

  /** Asked after each row. */
  isEnd(): boolean {
    this.#rows += 1;
    if (this.#rows < ROWS_PER_PIECE && this.#reader.consumed < this.#nextAt) return false;
    this.#rows = 0;
    this.#nextAt = this.#reader.consumed + CHARS_PER_PIECE;
    return true;
  }
}

function expectField(reader: CanonicalReader, expected: string): void {
  const found = reader.field();
  if (found !== expected) throw new MalformedCanonicalText(`${found} where ${expected} was expected`);
}
