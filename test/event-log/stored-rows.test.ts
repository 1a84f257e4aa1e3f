import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { EventLog } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import type { TestDatabase } from '../postgres.js';
import { createMigratedDatabase } from './migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedEvents } from './proposals.js';
import { scannedEvents } from './row-cases.js';

let database: TestDatabase;
let log: EventLog;

beforeEach(async () => {
  database = await createMigratedDatabase();
  log = await openPostgresLog({ url: database.url, poolMax: 3, applicationName: 'test', appendTimeoutMs: 5_000 });
});

afterEach(async () => {
  await log.close();
  await database.drop();
});

async function asOwner(...statements: readonly string[]): Promise<void> {
  const owner = new Client(database.url);
  await owner.connect();
  try {
    await owner.query('set session_replication_role = replica');
    for (const statement of statements) await owner.query(statement);
  } finally {
    await owner.end();
  }
}

test('rows come as they are, whatever a hand has made of them', async () => {
  const { timelineId, head } = await createTimeline(log);
  await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(7) })));
  await asOwner(
    `update event set actor = E'a\\nb' where version = 3`,
    `update event set version = -9007199254740991 where version = 4`,
    `update event set version = 9007199254740991 where version = 6`,
    `update commit set last_version = 12 where last_version = 8`,
  );
  const scanned = await scannedEvents(log, { timelineId, afterVersion: null });
  expect(scanned.map(({ version }) => version)).toEqual([-9007199254740991, 1, 2, 3, 5, 7, 8, 9007199254740991]);
  expect(scanned.map(({ actor }) => actor)).toEqual([
    ...Array<string>(3).fill('bot-007'),
    'a\nb',
    ...Array<string>(4).fill('bot-007'),
  ]);
  expect(await log.rows.findBeyondHead(timelineId)).toMatchObject({
    head: { version: 8 },
    eventVersion: 9007199254740991,
    commitVersion: 12,
  });
});

test('a page holds no more than its first events that fill 4 MiB, whatever the commits say of their bytes', async () => {
  const MEBIBYTE = 1_048_576;
  const { timelineId, head: created } = await createTimeline(log);
  let head = created;
  const sizes = [
    10,
    900_000,
    10,
    ...Array.from({ length: 12 }, () => 900_000),
    3_000_000,
    3_000_000,
    5_000_000,
    10,
    10,
  ];
  for (const size of sizes) {
    const event = proposedEvent({ data: JSON.stringify('x'.repeat(size)) });
    head = await appended(log.append(appendRequest(timelineId, head, { events: [event] })));
  }
  let pages = 0;
  for await (const page of log.rows.scanEvents({ timelineId, afterVersion: 0 })) {
    pages += 1;
    const bytes = page.slice(0, -1).reduce((sum, { data }) => sum + data.length, 0);
    expect(bytes).toBeLessThan(4 * MEBIBYTE);
  }
  expect(pages).toBeGreaterThan(4);
  const scanned = await scannedEvents(log, { timelineId, afterVersion: 1 });
  expect(scanned.map(({ data }) => data.length - 2)).toEqual(sizes);
});
