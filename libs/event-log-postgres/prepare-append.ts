import { assertProposable, extendChain } from '#event-log';
import type { AppendRequest, Head, ProposedEvent, ProposedKey } from '#event-log';
import { bytes } from './cells.js';
import type { Statement, Values } from './connections.js';
import { appendEvents, appendEventsAndKeys } from './sql/append-events.js';
import { burnKeys } from './sql/burn-keys.js';

/** An append with all that is computed here and not in the database: the chain, and the parameters of its statement. */
export interface PreparedAppend {
  readonly request: AppendRequest;
  /** The head if it takes effect. */
  readonly head: Head;
  readonly statement: Statement;
  readonly values: Values;
}

/** Throws a `TypeError` on events that could not be given back exactly. */
export function prepareAppend(request: AppendRequest): PreparedAppend {
  const { timelineId, expected, events, keys } = request;
  if (events.length === 0) {
    const values = [timelineId, expected.version, bytes(expected.hash), ...keyColumns(keys)];
    return { request, head: expected, statement: burnKeys, values };
  }
  const { head, columns, dataBytes } = extend(expected, request);
  const values = [
    timelineId,
    expected.version,
    bytes(expected.hash),
    bytes(head.hash),
    events.length,
    request.recordedAtMs,
    request.writer,
    dataBytes,
    ...columns,
  ];
  return keys.length === 0
    ? { request, head, statement: appendEvents, values }
    : { request, head, statement: appendEventsAndKeys, values: [...values, ...keyColumns(keys)] };
}

/** The chain over the events, and their columns, each as one text with a line an event. */
export function extend(
  from: Head,
  request: Pick<AppendRequest, 'events' | 'recordedAtMs' | 'writer'>,
): { head: Head; columns: string[]; checks: readonly number[]; dataBytes: number } {
  request.events.forEach(assertProposable);
  const { head, checks } = extendChain(from, request.events, request);
  const columns = eventColumns(request.events, checks);
  return { head, columns, checks, dataBytes: bytesOfData(request.events) };
}

export function eventColumns(events: readonly ProposedEvent[], checks: readonly number[]): string[] {
  const column = (value: (event: ProposedEvent) => string | number): string => events.map(value).join('\n');
  return [
    column((event) => event.atMs),
    column((event) => event.commandId),
    checks.join('\n'),
    column((event) => event.schemaVersion),
    column((event) => event.type),
    column((event) => event.actor),
    column((event) => event.data),
  ];
}

/** The sum that a commit keeps, and that its reader compares. */
export function bytesOfData(events: readonly ProposedEvent[]): number {
  let sum = 0;
  for (const event of events) sum += Buffer.byteLength(event.data);
  return sum;
}

const keyColumns = (keys: readonly ProposedKey[]): Values => [
  keys.map((key) => key.firstVersion),
  keys.map((key) => key.lastVersion - key.firstVersion + 1),
  keys.map((key) => key.digest),
  keys.map((key) => key.requestHash),
  keys.map((key) => key.reply),
];
