import { LogCorrupt, TimelineGone } from '#event-log';
import type { CommitWithEvents, RecordedCommit, RecordedEvent, TimelineId } from '#event-log';
import type { Ancestry, Part } from './ancestry.js';
import { hash, integer, text, textOrNull } from './cells.js';
import type { Connections, Row } from './connections.js';
import { findReadingBounds } from './sql/find-reading-bounds.js';
import {
  findCommand as findCommandStatement,
  findCommit as findCommitStatement,
  readCommits as readCommitsStatement,
} from './sql/read-commits.js';
import { findGap, findLineBreak, readSpan } from './sql/read-span.js';

/**
 * One span is read in one statement: at most so many events, and about so many bytes of data. So many of the usual events
 * have less than that; only documents make spans shorter, of which a reader has three in memory, as text and as values.
 */
const eventsPerSpanMax = 4_000;
const bytesPerSpanMax = 1024 * 1024;
const commitsPerPageMax = 4_000;
/** Two server processes make spans while this one folds a third. */
const spansAheadMax = 2;

export interface CommitRange {
  readonly timelineId: TimelineId;
  readonly afterVersion: number;
  readonly toVersion?: number;
}

interface StoredCommit extends RecordedCommit {
  readonly dataBytes: number;
}

/** Versions `first` to `last`, with the commits that end among them. */
interface Span {
  readonly first: number;
  readonly last: number;
  readonly commits: readonly StoredCommit[];
}

interface SpanOfEvents {
  readonly events: readonly RecordedEvent[];
  readonly checks: readonly number[];
}

/**
 * Streams commits with their events, some spans ahead of whoever folds them, through the ancestry of a fork. What is
 * committed never changes, so every statement stands for itself and none holds a database snapshot open. Throws
 * `LogCorrupt` where versions are missing, commits do not join, or rows stand beyond the head or before the first version.
 */
export async function* readCommits(
  connections: Connections,
  ancestry: Ancestry,
  { timelineId, afterVersion, toVersion }: CommitRange,
): AsyncGenerator<CommitWithEvents> {
  for (const part of await ancestry.parts(timelineId, { after: afterVersion, to: toVersion ?? null })) {
    yield* readPart(connections, part);
  }
}

async function* readPart(connections: Connections, part: Part): AsyncGenerator<CommitWithEvents> {
  const bounds = await findBounds(connections, part);
  if (bounds === undefined) return;
  const { timelineId } = part.stretch;
  const assembly = new Assembly(part, bounds);
  const ahead: SpanAhead[] = [];
  try {
    for await (const span of spans(connections, timelineId, bounds)) {
      ahead.push(fetchAhead(connections, timelineId, span));
      if (ahead.length > spansAheadMax) yield* assembly.addNext(ahead);
    }
    while (ahead.length > 0) yield* assembly.addNext(ahead);
    assembly.assertComplete();
  } finally {
    await Promise.allSettled(ahead.map(({ events }) => events));
  }
}

interface SpanAhead {
  readonly span: Span;
  readonly events: Promise<SpanOfEvents>;
}

/** A failure is met where the span is awaited; until then it must not count as unhandled. */
function fetchAhead(connections: Connections, timelineId: TimelineId, span: Span): SpanAhead {
  const events = readSpanOfEvents(connections, timelineId, span);
  events.catch(() => undefined);
  return { span, events };
}

/** Versions above `after` and up to `last`; the first commit with one of them starts at `firstOfCommit`. */
interface Bounds {
  readonly after: number;
  readonly last: number;
  readonly firstOfCommit: number;
}

async function findBounds(connections: Connections, { stretch, after, to }: Part): Promise<Bounds | undefined> {
  const [row] = await connections.rows(findReadingBounds, [stretch.timelineId, after]);
  if (row === undefined) throw new TimelineGone(`timeline ${stretch.name} is not in this log`);
  const headVersion = integer(row, 0);
  if (text(row, 2) === 't')
    throw new LogCorrupt(`there are rows beyond the head, version ${headVersion}`, headVersion + 1);
  const before = integer(row, 4);
  if (text(row, 3) === 't') throw new LogCorrupt(`there are rows before version ${before + 1}, the first`, before);
  const last = Math.min(to ?? headVersion, headVersion);
  if (after >= last) return undefined;
  const first = textOrNull(row, 1);
  if (first === null) throw new LogCorrupt(`no commit holds version ${after + 1}`, after + 1);
  return { after, last, firstOfCommit: Number(first) };
}

/** Cuts the commits into spans that may be read at once. A commit above the limits is cut into even pieces. */
async function* spans(connections: Connections, timelineId: TimelineId, bounds: Bounds): AsyncGenerator<Span> {
  let gathered: StoredCommit[] = [];
  let events = 0;
  let dataBytes = 0;
  for await (const commit of commits(connections, timelineId, bounds)) {
    const size = commit.lastVersion - commit.firstVersion + 1;
    if (events + size > eventsPerSpanMax || dataBytes + commit.dataBytes > bytesPerSpanMax) {
      yield* spansOf(gathered, { events, dataBytes }, bounds);
      [gathered, events, dataBytes] = [[], 0, 0];
    }
    gathered.push(commit);
    events += size;
    dataBytes += commit.dataBytes;
  }
  yield* spansOf(gathered, { events, dataBytes }, bounds);
}

function* spansOf(
  commits: readonly StoredCommit[],
  { events, dataBytes }: { readonly events: number; readonly dataBytes: number },
  bounds: Bounds,
): Generator<Span> {
  if (commits.length === 0) return;
  const first = Math.max(commits[0]?.firstVersion ?? 0, bounds.after + 1);
  const last = Math.min(commits.at(-1)?.lastVersion ?? 0, bounds.last);
  const pieces = Math.max(1, Math.ceil(events / eventsPerSpanMax), Math.ceil(dataBytes / bytesPerSpanMax));
  const step = Math.max(1, Math.ceil((last - first + 1) / pieces));
  for (let from = first; from <= last; from += step) {
    const to = Math.min(from + step - 1, last);
    yield { first: from, last: to, commits: to === last ? commits : [] };
  }
}

/** Commits in order, each starting where the one before it ended. */
async function* commits(
  connections: Connections,
  timelineId: TimelineId,
  { firstOfCommit, last, after }: Bounds,
): AsyncGenerator<StoredCommit> {
  let next = firstOfCommit;
  let afterVersion = after;
  for (;;) {
    const rows = await connections.rows(readCommitsStatement, [timelineId, afterVersion, last, commitsPerPageMax]);
    for (const row of rows) {
      const commit = { ...recordedCommit(row), dataBytes: integer(row, 5) };
      if (commit.firstVersion !== next) throw new LogCorrupt(`no commit holds version ${next}`, next);
      next = commit.lastVersion + 1;
      afterVersion = commit.lastVersion;
      yield commit;
    }
    if (rows.length < commitsPerPageMax) return;
  }
}

/** Puts events and commits together again; a commit may have come in several spans. */
class Assembly {
  readonly #bounds: Bounds;
  #enters: CommitWithEvents['enters'];
  #next: number;
  #events: RecordedEvent[] = [];
  #checks: number[] = [];

  constructor({ stretch, after }: Part, bounds: Bounds) {
    this.#bounds = bounds;
    this.#enters = after === stretch.afterVersion && after > 0 ? stretch.genesisHash : null;
    this.#next = bounds.after + 1;
  }

  async *addNext(ahead: SpanAhead[]): AsyncGenerator<CommitWithEvents> {
    const next = ahead.shift();
    if (next === undefined) return;
    const { span } = next;
    const { events, checks } = await next.events;
    if (span.commits.length === 0) {
      this.#events.push(...events);
      this.#checks.push(...checks);
      return;
    }
    const allEvents = this.#events.length === 0 ? events : [...this.#events, ...events];
    const allChecks = this.#checks.length === 0 ? checks : [...this.#checks, ...checks];
    [this.#events, this.#checks] = [[], []];
    let start = 0;
    for (const { dataBytes, ...commit } of span.commits) {
      const last = Math.min(commit.lastVersion, this.#bounds.last);
      const end = start + last - this.#next + 1;
      const own = allEvents.slice(start, end);
      yield { commit, enters: this.#enters, events: own, checks: allChecks.slice(start, end) };
      // Only now: whoever checks the chain has named the very row by then, if it was changed.
      if (own.length === commit.lastVersion - commit.firstVersion + 1) assertDataBytes(own, dataBytes, commit);
      start = end;
      this.#next = last + 1;
      this.#enters = null;
    }
  }

  assertComplete(): void {
    if (this.#next <= this.#bounds.last) throw new LogCorrupt(`no commit holds version ${this.#next}`, this.#next);
  }
}

function assertDataBytes(events: readonly RecordedEvent[], dataBytes: number, commit: RecordedCommit): void {
  let sum = 0;
  for (const event of events) sum += Buffer.byteLength(event.data);
  if (sum !== dataBytes) {
    throw new LogCorrupt(`the commit that ends at version ${commit.lastVersion} was changed`, commit.lastVersion);
  }
}

async function readSpanOfEvents(connections: Connections, timelineId: TimelineId, span: Span): Promise<SpanOfEvents> {
  const { first, last } = span;
  const [row] = await connections.rows(readSpan, [timelineId, first - 1, last]);
  if (row === undefined || integer(row, 0) !== last - first + 1) {
    const [gap] = await connections.rows(findGap, [timelineId, first, last]);
    const version = gap === undefined ? first : integer(gap, 0);
    throw new LogCorrupt(`version ${version} is missing`, version);
  }
  const parsed = parseSpan(row, first, last - first + 1);
  if (parsed !== undefined) return parsed;
  const [broken] = await connections.rows(findLineBreak, [timelineId, first, last]);
  const version = broken === undefined ? first : integer(broken, 0);
  throw new LogCorrupt(`the event at version ${version} was changed: it holds a line break`, version);
}

/**
 * Text columns are a line an event, as `assertProposable` sees to; the numbers are packed, 14 bytes an event. Undefined
 * if there are more lines than events.
 */
function parseSpan(row: Row, first: number, count: number): SpanOfEvents | undefined {
  const numbers = Buffer.from(text(row, 1), 'base64');
  const [commandIds, types, actors, data] = [lines(row, 2), lines(row, 3), lines(row, 4), lines(row, 5)];
  if ([types, actors, data].some((column) => column.length !== count)) return undefined;
  const events: RecordedEvent[] = [];
  const checks: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const offset = index * bytesPerEvent;
    events.push({
      version: first + index,
      atMs: numbers.readInt32BE(offset) * 2 ** 32 + numbers.readUInt32BE(offset + 4),
      commandId: commandIds[index] ?? '',
      schemaVersion: numbers.readInt16BE(offset + 12),
      type: types[index] ?? '',
      actor: actors[index] ?? '',
      data: data[index] ?? '',
    });
    checks.push(numbers.readInt32BE(offset + 8));
  }
  return { events, checks };
}

const bytesPerEvent = 14;

const lines = (row: Row, column: number): string[] => text(row, column).split('\n');

function recordedCommit(row: Row): RecordedCommit {
  return {
    firstVersion: integer(row, 0),
    lastVersion: integer(row, 1),
    hash: hash(row, 2),
    recordedAtMs: integer(row, 3),
    writer: text(row, 4),
  };
}

/** The commit that holds a version, if one does. */
export async function findCommit(
  connections: Connections,
  ancestry: Ancestry,
  { timelineId, version }: { readonly timelineId: TimelineId; readonly version: number },
): Promise<RecordedCommit | undefined> {
  const stretch = await ancestry.holding(timelineId, version);
  const [row] = await connections.rows(findCommitStatement, [stretch.timelineId, version]);
  const commit = row === undefined ? undefined : recordedCommit(row);
  return commit !== undefined && commit.firstVersion <= version ? commit : undefined;
}

/** First and last version of the command that caused a version. */
export async function findCommand(
  connections: Connections,
  ancestry: Ancestry,
  { timelineId, version }: { readonly timelineId: TimelineId; readonly version: number },
): Promise<{ readonly firstVersion: number; readonly lastVersion: number } | undefined> {
  const stretch = await ancestry.holding(timelineId, version);
  const [row] = await connections.rows(findCommandStatement, [stretch.timelineId, version]);
  if (row === undefined || textOrNull(row, 0) === null) return undefined;
  return { firstVersion: integer(row, 0), lastVersion: integer(row, 1) };
}
