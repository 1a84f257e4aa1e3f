import type { ProposedEvent } from './log.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const lineBreakOrNul = /[\n\0]/;

/**
 * Throws a `TypeError` on an event that a log could not give back exactly as it was proposed. The chain covers the text
 * of every field, so a command id in capitals, say, which PostgreSQL returns in small letters, would read as tampering.
 */
export function assertProposable(event: ProposedEvent): void {
  if (!uuid.test(event.commandId)) throw new TypeError(`command id ${event.commandId} is not a lower-case UUID`);
  if (!Number.isSafeInteger(event.atMs)) throw new TypeError(`time ${event.atMs} of ${event.type} is not whole ms`);
  if (!Number.isInteger(event.schemaVersion) || event.schemaVersion < 1 || event.schemaVersion > 32_767) {
    throw new TypeError(`schema version ${event.schemaVersion} of ${event.type} is not within 1..32767`);
  }
  assertOneLine('type', event.type);
  assertOneLine('actor', event.actor);
  assertOneLine('data', event.data);
}

function assertOneLine(field: string, text: string): void {
  if (text === '') throw new TypeError(`${field} of an event is empty`);
  if (lineBreakOrNul.test(text)) throw new TypeError(`${field} of an event holds a line break or a NUL`);
}
