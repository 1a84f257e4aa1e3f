import { expect, test } from '@jest/globals';
import { EVENT_SHAPES } from '../events.js';
import { readStoredEvent } from './upcast.js';
import { UPCASTERS } from './upcasters.js';

test('there is an upcaster from every older shape of every event, and no other', () => {
  for (const [type, { schemaVersion }] of Object.entries(EVENT_SHAPES)) {
    const older = Array.from({ length: schemaVersion - 1 }, (_, i) => String(i + 1));
    const upcasters: Readonly<Record<string, object | undefined>> = UPCASTERS;
    expect([type, Object.keys(upcasters[type] ?? {})]).toEqual([type, older]);
  }
  expect(Object.keys(EVENT_SHAPES)).toEqual(expect.arrayContaining(Object.keys(UPCASTERS)));
});

test('a current shape is read as it is stored', () => {
  const data = { agentId: 'ana', amount: '5' };
  expect(readStoredEvent({ type: 'FundsDeposited', schemaVersion: 1, data: JSON.stringify(data) })).toEqual({
    kind: 'read',
    event: { type: 'FundsDeposited', data },
  });
});

test.each([
  ['of a newer build', 'FundsDeposited', 2, 'run a newer build'],
  ['of a type that is not known', 'FundsBurnt', 1, 'run a newer build'],
  ['of a type with a name that every object has', 'constructor', 1, 'run a newer build'],
  ['of a schema version that never was', 'FundsDeposited', 0, 'no build has written it'],
])('an event %s is unreadable', (_, type, schemaVersion, advice) => {
  expect(readStoredEvent({ type, schemaVersion, data: '{}' })).toEqual({
    kind: 'unreadable',
    reason: `${type} of schema version ${schemaVersion} is unknown to this build: ${advice}`,
  });
});
