import { randomUUID } from 'node:crypto';
import {
  keyDigest,
  requestDigest,
  type AppendOutcome,
  type AppendRequest,
  type EventLog,
  type Head,
  type ProposedEvent,
  type ProposedKey,
  type TimelineId,
  type TimelineRecord,
} from '#event-log';

/** An event whose data holds what JSON, SQL and line-wise transport are tempted to change. */
export function proposedEvent(fields: Partial<ProposedEvent> = {}): ProposedEvent {
  return {
    type: 'BetPlaced',
    schemaVersion: 1,
    atMs: 1_700_000_000_000,
    commandId: randomUUID(),
    actor: 'bot-007',
    data: String.raw`{"b":1,  "a":1.50,"a":"\u0041\n\t\\ \"' ; -- é 漢 🌧"}`,
    ...fields,
  };
}

export const proposedEvents = (count: number, fields: Partial<ProposedEvent> = {}): ProposedEvent[] =>
  Array.from({ length: count }, () => proposedEvent(fields));

/** A key of a command that wrote the versions `firstVersion` to `lastVersion`. */
export function proposedKey(name: string, fields: Partial<ProposedKey> = {}): ProposedKey {
  return {
    digest: keyDigest({ principal: 'anna', key: name, part: 0 }),
    requestHash: requestDigest(`POST /bets ${name}`),
    firstVersion: 2,
    lastVersion: 2,
    reply: null,
    ...fields,
  };
}

const recordedAtMs = 1_700_000_000_123;

export function appendRequest(
  timelineId: TimelineId,
  expected: Head,
  fields: Partial<AppendRequest> = {},
): AppendRequest {
  return { timelineId, expected, events: [proposedEvent()], keys: [], recordedAtMs, writer: 'api-1', ...fields };
}

/** A timeline with one event. */
export async function createTimeline(
  log: EventLog,
  name = 'REALITY',
  events: readonly ProposedEvent[] = [proposedEvent({ type: 'TimelineCreated' })],
): Promise<TimelineRecord> {
  const outcome = await log.createTimeline({ name, fork: null, events, key: null, recordedAtMs, writer: 'api-1' });
  if (outcome.status !== 'created') throw new Error(`a fresh log refused ${name}: ${outcome.status}`);
  return outcome.timeline;
}

/** The new head of an append that must take effect. */
export async function appended(outcome: Promise<AppendOutcome>): Promise<Head> {
  const settled = await outcome;
  if (settled.status !== 'appended') throw new Error(`the append was ${settled.status}`);
  return settled.head;
}
