import { TimelineGone } from '#event-log';
import type { EventPage, OthersRange, ReadRequest, RecordedEvent, TimelineId } from '#event-log';
import type { Ancestry } from './ancestry.js';
import { hash, integer, text, textOrNull } from './cells.js';
import type { Connections, Row, Statement } from './connections.js';
import {
  findLastOfOthers as findLastOfOthersStatement,
  readEvents as readAllEvents,
  readEventsOfTypes,
  readEventsTouchingYield,
  typesTouchingYield,
} from './sql/read-events.js';

/**
 * A page and the head, from one statement and so from one database snapshot. A fork's page comes from one stretch of its
 * ancestry after the other; what they hold stood still long before the head was read.
 */
export async function readEvents(
  connections: Connections,
  ancestry: Ancestry,
  request: ReadRequest,
): Promise<EventPage> {
  const { timelineId, afterVersion, toVersion, limit } = request;
  const stretches = await ancestry.of(timelineId);
  if (stretches.length === 1) return readOwnEvents(connections, request);
  const events: RecordedEvent[] = [];
  let isCut = false;
  for (const part of await ancestry.parts(timelineId, { after: afterVersion, to: toVersion ?? null })) {
    if (part.stretch.timelineId === timelineId || events.length === limit || isCut) break;
    const found = await readOwnEvents(connections, {
      ...request,
      timelineId: part.stretch.timelineId,
      afterVersion: part.after,
      ...(part.to !== null && { toVersion: part.to }),
      limit: limit - events.length,
    });
    events.push(...found.events);
    ({ isCut } = found);
  }
  const own = stretches.at(-1)?.afterVersion ?? 0;
  const last = await readOwnEvents(connections, {
    ...request,
    afterVersion: Math.max(afterVersion, own),
    limit: isCut ? 0 : limit - events.length,
  });
  return { events: [...events, ...last.events], head: last.head, isCut: isCut || last.isCut };
}

/** The last version in a range that another actor caused: the newest stretch of the ancestry first. */
export async function findLastOfOthers(
  connections: Connections,
  ancestry: Ancestry,
  { timelineId, afterVersion, toVersion, actor }: OthersRange & { readonly timelineId: TimelineId },
): Promise<number | undefined> {
  const parts = await ancestry.parts(timelineId, { after: afterVersion, to: toVersion });
  for (const { stretch, after, to } of [...parts].reverse()) {
    const [row] = await connections.rows(findLastOfOthersStatement, [stretch.timelineId, after, to, actor]);
    if (row !== undefined) return integer(row, 0);
  }
  return undefined;
}

async function readOwnEvents(connections: Connections, request: ReadRequest): Promise<EventPage> {
  const { timelineId, afterVersion, toVersion, types, limit, bytesMax } = request;
  const values = [timelineId, afterVersion, toVersion ?? null, limit, bytesMax ?? null];
  const rows = await connections.rows(statementFor(types), types === undefined ? values : [...values, types]);
  const [first] = rows;
  if (first === undefined) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
  const head = { version: integer(first, 0), hash: hash(first, 1) };
  // A page without events is one row with the head alone.
  if (textOrNull(first, 2) === null) return { head, events: [], isCut: false };
  return { head, events: rows.map(recordedEvent), isCut: rows.length < integer(first, 9) };
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
