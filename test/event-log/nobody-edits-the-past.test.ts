import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Client } from 'pg';
import { checkCommit, genesisHead, LogCorrupt, type EventLog, type TimelineRecord } from '#event-log';
import { inspectServer, openPostgresLog } from '#event-log-postgres';
import type { TestDatabase } from '../postgres.js';
import { createMigratedDatabase } from './migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvents } from './proposals.js';

describe('nobody edits the past', () => {
  let database: TestDatabase;
  let log: EventLog;
  let owner: Client;
  let timeline: TimelineRecord;

  /** Versions 1 | 2 3 4 | 5 6. */
  beforeEach(async () => {
    database = await createMigratedDatabase();
    log = await openPostgresLog({ url: database.url, poolMax: 3, applicationName: 'test', appendTimeoutMs: 5_000 });
    owner = new Client(database.url);
    await owner.connect();
    timeline = await createTimeline(log);
    let { head } = timeline;
    for (const size of [3, 2]) {
      const request = appendRequest(timeline.timelineId, head, { events: proposedEvents(size) });
      head = await appended(log.append(request));
    }
  });

  afterEach(async () => {
    await owner.end();
    await log.close();
    await database.drop();
  });

  const statements = ['event', 'commit'].flatMap((table) => [
    `update ${table} set timeline_id = timeline_id`,
    `delete from ${table}`,
    `truncate ${table}`,
  ]);

  test.each(statements)('the writer’s role may not: %s', async (statement) => {
    await owner.query('set role seed_writer');
    await assert.rejects(owner.query(statement), { code: '42501', message: /permission denied/ });
  });

  test.each(statements)('a trigger keeps even the owner from: %s', async (statement) => {
    await assert.rejects(owner.query(statement), { code: '42501', message: /the past is not edited/ });
  });

  test('serving connections have taken the writer’s role', async () => {
    await log.databaseTimeMs();
    assert.equal((await inspectServer(database.url)).writerRole, true);
    await owner.query('revoke select on timeline from seed_writer');
    await assert.rejects(log.confirm(timeline.timelineId, []), { code: '42501' });
  });

  test('the writer may do what serving needs, and not rename or remove a timeline', async () => {
    await owner.query('set role seed_writer');
    for (const statement of [
      "update timeline set name = 'x'",
      'delete from timeline',
      'delete from key',
      'truncate key',
    ]) {
      await assert.rejects(owner.query(statement), { code: '42501' });
    }
  });

  test('a role with too many rights does not pass for the writer’s', async () => {
    await owner.query('grant update on event to seed_writer');
    assert.equal((await inspectServer(database.url)).writerRole, false);
  });

  /** As somebody would who owns the database and switches the triggers off first. */
  const tamper = async (...changes: string[]): Promise<void> => {
    await owner.query('set session_replication_role = replica');
    for (const change of changes) await owner.query(change);
  };

  const verify = async (): Promise<void> => {
    let head = genesisHead();
    for await (const commit of log.readCommits({ timelineId: timeline.timelineId, afterVersion: 0 })) {
      head = checkCommit(head, commit);
    }
  };

  const copyOf = (version: number, to: number): string => `
    insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
    select ${to}, at_ms, command_id, timeline_id, link, schema_version, type, actor, data
    from event where version = ${version}`;

  test('an untouched log verifies', verify);

  test.each([
    ['data', 3, [`update event set data = '{"amount":"1"}' where version = 3`]],
    ['one space in the data', 3, [`update event set data = (data::text || ' ')::json where version = 3`]],
    ['the time', 4, ['update event set at_ms = at_ms + 1 where version = 4']],
    ['the actor', 2, [`update event set actor = 'eve' where version = 2`]],
    ['the type', 6, [`update event set type = 'BetPlaced ' where version = 6`]],
    ['the command', 5, ['update event set command_id = gen_random_uuid() where version = 5']],
    ['the schema version', 5, ['update event set schema_version = 2 where version = 5']],
    ['the link', 3, ['update event set link = link + 1 where version = 3']],
    ['a line break smuggled in', 3, [`update event set actor = E'a\\nb' where version = 3`]],
    ['an event taken out', 3, ['delete from event where version = 3']],
    ['the last event taken out', 6, ['delete from event where version = 6']],
    ['an event put in beyond the head', 7, [copyOf(6, 7)]],
    [
      'two events swapped',
      3,
      [
        'update event set version = 99 where version = 3',
        'update event set version = 3 where version = 4',
        'update event set version = 4 where version = 99',
      ],
    ],
    ['a commit’s time', 4, ['update commit set recorded_at_ms = 5 where last_version = 4']],
    ['a commit’s writer', 4, [`update commit set writer = 'eve' where last_version = 4`]],
    ['a commit’s hash', 4, [`update commit set hash = decode(repeat('00', 32), 'hex') where last_version = 4`]],
    ['a commit’s byte count', 4, ['update commit set data_bytes = data_bytes + 1 where last_version = 4']],
    ['a commit taken out', 2, ['delete from commit where last_version = 4']],
    ['the last commit taken out', 5, ['delete from commit where last_version = 6']],
    ['the first commit taken out', 1, ['delete from commit where last_version = 1']],
  ] as const)('found and named: %s (version %i)', async (_what, version, changes) => {
    await tamper(...changes);
    await assert.rejects(verify(), (error) => error instanceof LogCorrupt && error.version === version);
  });

  test('an append onto rows that somebody put beyond the head is refused as corruption', async () => {
    const { head } = await log.confirm(timeline.timelineId, []);
    await tamper(copyOf(6, 7));
    await assert.rejects(
      log.append(appendRequest(timeline.timelineId, head)),
      (error) => error instanceof LogCorrupt && error.version === 7,
    );
  });
});
