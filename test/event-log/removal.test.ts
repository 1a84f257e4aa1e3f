import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Client } from 'pg';
import { TimelineGone, type EventLog, type TimelineRecord } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import type { TestDatabase } from '../postgres.js';
import { createMigratedDatabase } from './migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvents, proposedKey } from './proposals.js';
import { snapshot } from './snapshot-cases.js';

/** More than one purge takes of a table. */
const MANY = 10_500;

const NOTHING = [0, 0, 0, 0, 0];

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

/** A timeline with as many events and keys as it is told, a label and two snapshots. */
async function timelineWith(name: string, count: number): Promise<TimelineRecord> {
  const timeline = await createTimeline(log, name);
  const keys = Array.from({ length: count }, (_, i) => proposedKey(`${name} ${i}`));
  await appended(
    log.append(appendRequest(timeline.timelineId, timeline.head, { events: proposedEvents(count), keys })),
  );
  await log.saveLabel(timeline.timelineId, { label: 'here', version: 1 }, null);
  for (const version of [1, 2]) await log.saveSnapshot(snapshot(timeline.timelineId, version));
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
    'snapshot where timeline_id',
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
    assert.deepEqual(await rowsOf(doomed), [MANY + 1, 2, MANY, 1, 2]);
    assert.deepEqual(await log.removeTimeline(doomed.timelineId, null), { status: 'removed' });
    assert.deepEqual(await rowsOf(doomed), NOTHING);
    assert.deepEqual(await rowsOf(kept), [4, 2, 3, 1, 2]);
    const { rows } = await owner.query("select status from timeline where name = 'DOOMED'");
    assert.deepEqual(rows, [{ status: 'removed' }]);
  });

  test('by a process that died before its rows were gone, goes with the next removal', async () => {
    const half = await timelineWith('HALF', 20);
    const other = await timelineWith('OTHER', 5);
    await owner.query(`select remove_timeline(${half.timelineId})`);
    assert.equal(await log.findTimeline('HALF'), undefined);
    assert.deepEqual(await rowsOf(half), [21, 2, 20, 0, 2]);
    await log.removeTimeline(other.timelineId, null);
    assert.deepEqual(await rowsOf(half), NOTHING);
  });

  test('is purged by one process at a time, and not left half done by another that met it', async () => {
    const half = await timelineWith('HALF', 20);
    const other = await timelineWith('OTHER', 5);
    const last = await timelineWith('LAST', 5);
    await owner.query(`select remove_timeline(${half.timelineId})`);
    await owner.query('begin; select purge_removed_timelines(15)');
    await log.removeTimeline(other.timelineId, null);
    assert.deepEqual(await rowsOf(other), NOTHING);
    await owner.query('commit');
    assert.notDeepEqual(await rowsOf(half), NOTHING);
    await log.removeTimeline(last.timelineId, null);
    assert.deepEqual(await rowsOf(half), NOTHING);
  });

  test('is not looked into again once it is purged', async () => {
    await log.removeTimeline((await timelineWith('DOOMED', 5)).timelineId, null);
    const { rows } = await owner.query("select name from timeline where status = 'removed' and not purged");
    assert.deepEqual(rows, []);
  });

  test('takes no label and no snapshot of whoever had found it before', async () => {
    const doomed = await timelineWith('DOOMED', 5);
    const { timelineId } = doomed;
    await log.readAncestry(timelineId);
    await log.removeTimeline(timelineId, null);
    for (const key of [null, proposedKey('late', { firstVersion: 7, lastVersion: 6, reply: '{}' })]) {
      await assert.rejects(log.saveLabel(timelineId, { label: 'late', version: 1 }, key), TimelineGone);
    }
    await log.saveSnapshot(snapshot(timelineId, 3));
    assert.deepEqual(await rowsOf(doomed), NOTHING);
  });
});
