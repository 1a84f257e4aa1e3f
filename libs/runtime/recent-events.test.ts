import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '#event-log';
import { RecentEvents } from './recent-events.js';

const event = (version: number, length: number): RecordedEvent => ({
  version,
  type: 'DocumentSaved',
  schemaVersion: 1,
  atMs: 0,
  commandId: '00000000-0000-0000-0000-000000000000',
  actor: 'test',
  data: 'x'.repeat(length),
});

/** How much is kept, by the versions it answers for. */
function kept(recent: RecentEvents, last: number): readonly RecordedEvent[] {
  for (let version = 0; version < last; version += 1) {
    const events = recent.after(version);
    if (events !== undefined) return events;
  }
  return [];
}

test.each([
  ['many small events', 20_000, 10, 4_000],
  ['few large ones', 60, 1_048_576, 8],
])('what is kept is bounded and without a gap: %s', (_, count, length, keptMax) => {
  const recent = new RecentEvents();
  for (let version = 1; version <= count; version += 1) recent.add([event(version, length)]);
  const events = kept(recent, count);
  expect(events.length).toBeGreaterThan(0);
  expect(events.length).toBeLessThanOrEqual(keptMax);
  expect(events.map(({ version }) => version)).toEqual(events.map((_event, i) => count - events.length + 1 + i));
});

test('an event larger than all that may be kept is followed from the log', () => {
  const recent = new RecentEvents();
  recent.add([event(1, 9 * 1_048_576)]);
  expect(recent.after(0)).toBeUndefined();
});
