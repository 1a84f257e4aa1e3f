import { TimelineGone } from '#event-log';
import type { ScanRange, StoredCommit, StoredEvent, StoredRows, StrayRows, TimelineId } from '#event-log';
import { hash, integer, text, textOrNull } from './cells.js';
import type { Connections, Row, Statement } from './connections.js';
import {
  findBeyondHead,
  findStrayCommits,
  findStrayEvents,
  scanCommits,
  scanEvents,
  scanEventsSingly,
} from './sql/scan-rows.js';

const rowsPerPageMax = 4_000;
const bytesPerPageMax = 4 * 1024 * 1024;

/** The bounds of `bigint`, which no JavaScript number is; PostgreSQL takes them as text. */
const lowestVersion = '-9223372036854775808';
const highestVersion = '9223372036854775807';

/** The rows of the log on PostgreSQL, through the primary keys and nothing else. */
export function postgresRows(connections: Connections): StoredRows {
  return {
    scanEvents: (range) => eventPages(connections, range),
    scanCommits: (range) => commitPages(connections, range),
    async findBeyondHead(timelineId) {
      const [row] = await connections.rows(findBeyondHead, [timelineId]);
      if (row === undefined) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
      const [eventVersion = null, commitVersion = null] = [2, 3].map((column) => numberOrNull(row, column));
      return { head: { version: integer(row, 0), hash: hash(row, 1) }, eventVersion, commitVersion };
    },
    async findStrayRows() {
      const [events, commits] = [
        await connections.rows(findStrayEvents, []),
        await connections.rows(findStrayCommits, []),
      ];
      return [...strayRows('event', events), ...strayRows('commit', commits)].sort(
        (left, right) => left.timelineId - right.timelineId,
      );
    },
  };
}

function numberOrNull(row: Row, column: number): number | null {
  const value = textOrNull(row, column);
  return value === null ? null : Number(value);
}

const strayRows = (table: StrayRows['table'], rows: readonly Row[]): readonly StrayRows[] =>
  rows.map((row) => ({ table, timelineId: integer(row, 0) as TimelineId, version: integer(row, 1) }));

interface Page<Stored> {
  readonly rows: readonly Stored[];
  /** The version to go on after; undefined: there are no more. */
  readonly next: string | undefined;
}

/** The next page is fetched while this one is looked at. */
async function* pagesOf<Stored>(fetch: (after: string) => Promise<Page<Stored>>, first: string) {
  let ahead: Promise<Page<Stored>> | undefined = fetch(first);
  try {
    while (ahead !== undefined) {
      const { rows, next }: Page<Stored> = await ahead;
      ahead = next === undefined ? undefined : fetch(next);
      // A failure is met where the page is awaited; until then it must not count as unhandled.
      ahead?.catch(() => undefined);
      if (rows.length > 0) yield rows;
    }
  } finally {
    await Promise.allSettled([ahead]);
  }
}

const boundsOf = ({ afterVersion, toVersion }: ScanRange) => ({
  after: afterVersion === null ? lowestVersion : String(afterVersion),
  to: toVersion === undefined ? highestVersion : String(toVersion),
});

function commitPages(connections: Connections, range: ScanRange): AsyncGenerator<readonly StoredCommit[]> {
  const { after, to } = boundsOf(range);
  return pagesOf(async (from) => {
    const rows = await connections.rows(scanCommits, [range.timelineId, from, to, rowsPerPageMax]);
    const last = rows.at(-1);
    return {
      rows: rows.map(storedCommit),
      next: last === undefined || rows.length < rowsPerPageMax ? undefined : text(last, 1),
    };
  }, after);
}

const storedCommit = (row: Row): StoredCommit => ({
  firstVersion: integer(row, 0),
  lastVersion: integer(row, 1),
  hash: hash(row, 2),
  recordedAtMs: integer(row, 3),
  writer: text(row, 4),
  dataBytes: integer(row, 5),
});

/** Pages become shorter where events are large, so that the server need not look at many more than it gives. */
function eventPages(connections: Connections, range: ScanRange): AsyncGenerator<readonly StoredEvent[]> {
  const { after, to } = boundsOf(range);
  let limit = rowsPerPageMax;
  return pagesOf(async (from) => {
    const asked = limit;
    const read = (statement: Statement, more: readonly number[]): Promise<Row[]> =>
      connections.rows(statement, [range.timelineId, from, to, ...more]);
    const [row] = await read(scanEvents, [asked, bytesPerPageMax]);
    const count = row === undefined ? 0 : integer(row, 0);
    if (row === undefined || count === 0) return { rows: [], next: undefined };
    const bytesPerEvent = Math.max(1, integer(row, 6) / count);
    limit = Math.min(rowsPerPageMax, Math.max(1, Math.ceil(bytesPerPageMax / bytesPerEvent)));
    const { events, lastVersion } = parsePage(row, count);
    // Only a line break that somebody smuggled in makes another number of lines.
    const rows = events ?? (await read(scanEventsSingly, [count])).map(storedEvent);
    const isLast = count < asked && integer(row, 6) < bytesPerPageMax;
    return { rows, next: isLast ? undefined : String(lastVersion) };
  }, after);
}

const storedEvent = (row: Row): StoredEvent => ({
  version: integer(row, 0),
  atMs: integer(row, 1),
  commandId: text(row, 2),
  check: integer(row, 3),
  schemaVersion: integer(row, 4),
  type: text(row, 5),
  actor: text(row, 6),
  data: text(row, 7),
});

const bytesPerEvent = 22;

/** The events of a page, unless there are more lines than events, and the last version exactly. */
function parsePage(
  row: Row,
  count: number,
): { readonly events: readonly StoredEvent[] | undefined; readonly lastVersion: bigint } {
  const numbers = Buffer.from(text(row, 1), 'base64');
  const lastVersion = numbers.readBigInt64BE((count - 1) * bytesPerEvent);
  const [commandIds, types, actors, data] = [2, 3, 4, 5].map((column) => text(row, column).split('\n'));
  if ([types, actors, data].some((column) => column?.length !== count)) return { events: undefined, lastVersion };
  const events: StoredEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    const offset = index * bytesPerEvent;
    events.push({
      version: wide(numbers, offset),
      atMs: wide(numbers, offset + 8),
      commandId: commandIds?.[index] ?? '',
      check: numbers.readInt32BE(offset + 16),
      schemaVersion: numbers.readInt16BE(offset + 20),
      type: types?.[index] ?? '',
      actor: actors?.[index] ?? '',
      data: data?.[index] ?? '',
    });
  }
  return { events, lastVersion };
}

const wide = (numbers: Buffer, offset: number): number =>
  numbers.readInt32BE(offset) * 2 ** 32 + numbers.readUInt32BE(offset + 4);
