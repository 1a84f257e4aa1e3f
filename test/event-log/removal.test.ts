import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Client } from 'pg';
import type { EventLog, TimelineRecord } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import type { TestDatabase } from '../postgres.js';
import { createMigratedDatabase } from './migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvents, proposedKey } from './proposals.js';

/** More than one purge takes of a table. */
const MANY = 10_500;

let database: TestDatabase;
let log: EventLog;
let owner: Client;

beforeEach(async () => {
  database = await createMigratedDatabase();
  log = await openPostgresLog({ url: database.url, poolMax: 3, applicationName: 'test', appendTimeoutMs: 20_000 });
  owner = new Client(database.url);
  await owner.connect();
});

afterEach(async () => {
  await owner.end();
  await log.close();
  await database.drop();
});

/** A timeline with as many events and keys as it is told, and a label. */
async function timelineWith(name: string, count: number): Promise<TimelineRecord> {
  const timeline = await createTimeline(log, name);
  const keys = Array.from({ length: count }, (_, i) => proposedKey(`${name} ${i}`));
  await appended(
    log.append(appendRequest(timeline.timelineId, timeline.head, { events: proposedEvents(count), keys })),
  );
  await log.saveLabel(timeline.timelineId, { label: 'here', version: 1 }, null);
  return timeline;
}

/** Rows by the timeline that they belong to. */
async function rowsOf({ timelineId }: TimelineRecord): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const from of [
    'event where timeline_id',
    'commit where timeline_id',
    'key where scope',
    'label where timeline_id',
  ]) {
    const { rows } = await owner.query<{ count: string }>(`select count(*) from ${from} = ${timelineId}`);
    counts.push(Number(rows[0]?.count));
  }
  return counts;
}

describe('a timeline that is removed', () => {
  test('leaves no row behind but its name, and takes nothing of another', async () => {
    const doomed = await timelineWith('DOOMED', MANY);
    const kept = await timelineWith('KEPT', 3);
    assert.deepEqual(await rowsOf(doomed), [MANY + 1, 2, MANY, 1]);
    assert.deepEqual(await log.removeTimeline(doomed.timelineId, null), { status: 'removed' });
    assert.deepEqual(await rowsOf(doomed), [0, 0, 0, 0]);
    assert.deepEqual(await rowsOf(kept), [4, 2, 3, 1]);
    const { rows } = await owner.query("select status from timeline where name = 'DOOMED'");
    assert.deepEqual(rows, [{ status: 'removed' }]);
  });

  test('by a process that died before its rows were gone, goes with the next removal', async () => {
    const half = await timelineWith('HALF', 20);
    const other = await timelineWith('OTHER', 5);
    await owner.query(`select remove_timeline(${half.timelineId})`);
    assert.equal(await log.findTimeline('HALF'), undefined);
    assert.deepEqual(await rowsOf(half), [21, 2, 20, 0]);
    await log.removeTimeline(other.timelineId, null);
    assert.deepEqual(await rowsOf(half), [0, 0, 0, 0]);
  });
});
