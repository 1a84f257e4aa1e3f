import { LogCorrupt } from '#event-log';
import type { EventPage, ReadRequest, RecordedEvent } from '#event-log';
import { hash, integer, text, textOrNull } from './cells.js';
import type { Connections, Row, Statement } from './connections.js';
import {
  readEvents as readAllEvents,
  readEventsOfTypes,
  readEventsTouchingYield,
  typesTouchingYield,
} from './sql/read-events.js';

/** A page and the head, from one statement and so from one database snapshot. */
export async function readEvents(connections: Connections, request: ReadRequest): Promise<EventPage> {
  const { timelineId, afterVersion, toVersion, types, limit } = request;
  const values = [timelineId, afterVersion, toVersion ?? null, limit];
  const rows = await connections.rows(statementFor(types), types === undefined ? values : [...values, types]);
  const [first] = rows;
  if (first === undefined) throw new LogCorrupt(`timeline ${timelineId} is not in this log`, 0);
  const head = { version: integer(first, 0), hash: hash(first, 1) };
  // A page without events is one row with the head alone.
  return { head, events: textOrNull(first, 2) === null ? [] : rows.map(recordedEvent) };
}

function statementFor(types: readonly string[] | undefined): Statement {
  if (types === undefined) return readAllEvents;
  return types.every((type) => typesTouchingYield.has(type)) ? readEventsTouchingYield : readEventsOfTypes;
}

const recordedEvent = (row: Row): RecordedEvent => ({
  version: integer(row, 2),
  atMs: integer(row, 3),
  commandId: text(row, 4),
  schemaVersion: integer(row, 5),
  type: text(row, 6),
  actor: text(row, 7),
  data: text(row, 8),
});
