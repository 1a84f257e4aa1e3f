import { expect, test } from '@jest/globals';
import { State } from '#domain';
import { genesisHead, openMemoryLog, type ChainHash, type Head } from '#event-log';
import { reaches } from './replacing.js';

test('a state reaches a head only where the log leads from its own head to that very one', async () => {
  const log = openMemoryLog();
  const event = {
    type: 'TimelineCreated',
    schemaVersion: 1,
    atMs: 0,
    commandId: '00000000-0000-4000-8000-000000000001',
    actor: 'test',
    data: '{"clock":"virtual","startAtMs":1767225600000,"apyPpm":50000,"settings":{"reactAtTenths":500,"autoMarketAtTenths":800,"tickSeconds":10,"liquidity":"1000000000","feeBps":300}}',
  };
  const request = { name: 'T', fork: null, events: [event], key: null, recordedAtMs: 0, writer: 'test' };
  const outcome = await log.createTimeline(request);
  if (outcome.status !== 'created') throw new Error(outcome.status);
  const { timelineId, head } = outcome.timeline;
  const from = (at: Head, to: Head): Promise<boolean> => reaches(log, { timelineId, state: new State(), head: at }, to);
  const another = { ...head, hash: '0'.repeat(64) as ChainHash };

  expect(await from(head, head)).toBe(true);
  expect(await from(genesisHead(), head)).toBe(true);
  // History was taken back and written anew: the versions are the same.
  expect(await from(another, head)).toBe(false);
  expect(await from(genesisHead(), another)).toBe(false);
  expect(await from(head, genesisHead())).toBe(false);
  expect(await from(head, { ...head, version: head.version + 1 })).toBe(false);
});
