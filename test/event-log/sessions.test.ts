import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Client } from 'pg';
import { LogUnavailable, type EventLog } from '#event-log';
import { inspectServer, migrate, openPostgresLog, withSession } from '#event-log-postgres';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { appended, appendRequest, createTimeline, proposedKey } from './proposals.js';

let database: TestDatabase;
let owner: Client;
const logs: EventLog[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  owner = new Client(database.url);
  await owner.connect();
});

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
  await owner.end();
  await database.drop();
});

const name = (): string => new URL(database.url).pathname.slice(1);

async function open(url: string, poolMax = 2): Promise<EventLog> {
  const log = await openPostgresLog({ url, poolMax, applicationName: 'sessions', appendTimeoutMs: 5_000 });
  logs.push(log);
  return log;
}

/** The connection string with one parameter more. */
function withParameter(parameter: string, value: string): string {
  const url = new URL(database.url);
  url.searchParams.set(parameter, value);
  return url.href;
}

/** What somebody may have set for a database or a login, and what breaks where it holds. */
const hostile: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'serializable',
  search_path: 'nowhere',
  TimeZone: 'Asia/Kathmandu',
  DateStyle: 'German',
  IntervalStyle: 'iso_8601',
  bytea_output: 'escape',
  array_nulls: 'off',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  statement_timeout: '999',
  lock_timeout: '999',
  idle_session_timeout: '999',
  client_min_messages: 'error',
  enable_indexscan: 'off',
  enable_seqscan: 'on',
};

/** Writes and reads all that passes as an array, as bytes or as a time. */
async function exercise(log: EventLog): Promise<void> {
  const { timelineId, head } = await createTimeline(log);
  const next = await appended(log.append(appendRequest(timelineId, head, { keys: [proposedKey('with no reply')] })));
  assert.deepEqual((await log.confirm(timelineId, [])).head, next);
  const page = await log.readEvents({ timelineId, afterVersion: 0, limit: 10 });
  assert.equal(page.events.length, next.version);
  const hmac = '5c'.repeat(32);
  const scope = { role: 'reader', agentId: null, timelines: ['A', 'B*'] } as const;
  await log.access.createKey({ keyId: 'a', name: 'a', hmac, createdBy: 'test', expiresAtMs: null, ...scope }, 10);
  const { keys } = await log.access.keysInForce();
  assert.deepEqual(
    keys.map((key) => [key.hmac, key.timelines]),
    [[hmac, scope.timelines]],
  );
}

describe('a session has the settings that statements count on', () => {
  test('whatever the database says', async () => {
    await migrate(database.url);
    for (const [setting, value] of Object.entries(hostile)) {
      await owner.query(`alter database ${name()} set ${setting} = '${value}'`);
    }
    assert.deepEqual((await migrate(database.url)).applied, []);
    await exercise(await open(database.url));
    const login = { url: database.url, applicationName: 'sessions', statementTimeoutMs: 5_000 };
    const { rows } = await withSession(login, (client) =>
      client.query<{ name: string; setting: string }>('select name, setting from pg_settings where name = any ($1)', [
        Object.keys(hostile),
      ]),
    );
    assert.equal(rows.length, Object.keys(hostile).length);
    for (const { name: setting, setting: value } of rows) assert.notEqual(value, hostile[setting], setting);
  });

  test('whatever the connection string says, which is kept where it says something else', async () => {
    await migrate(database.url);
    const said = Object.entries(hostile).map(([setting, value]) => `-c ${setting}=${value}`);
    await exercise(await open(withParameter('options', said.join(' '))));
    const readOnly = await open(withParameter('options', '-c default_transaction_read_only=on'));
    await assert.rejects(createTimeline(readOnly), LogUnavailable);
  });

  test('and a database is migrated with them too', async () => {
    for (const [setting, value] of Object.entries(hostile)) {
      await owner.query(`alter database ${name()} set ${setting} = '${value}'`);
    }
    await migrate(database.url);
    await exercise(await open(database.url));
  });
});

describe('a schema', () => {
  test('that is named holds all of a log, beside another one in the same database', async () => {
    await owner.query('drop schema public');
    const urls = ['one', 'Two of "them"'].map((schema) => withParameter('schema', schema));
    await Promise.all(urls.map((url) => migrate(url)));
    for (const url of urls) {
      assert.equal((await inspectServer(url)).writerRole, true);
      const log = await open(url);
      await exercise(log);
      const { timelineId } = await createTimeline(log, 'DOOMED');
      assert.deepEqual(await log.removeTimeline(timelineId, null), { status: 'removed' });
      assert.equal((await log.listTimelines({ afterName: null, limit: 10 })).length, 1);
    }
    const { rows } = await owner.query<{ count: string }>(
      "select count(*) from pg_class join pg_namespace n on n.oid = relnamespace where n.nspname = 'public'",
    );
    assert.equal(rows[0]?.count, '0');
  });

  test('that only the login’s search_path leads to is not passed over: an empty log would look like a lost one', async () => {
    await migrate(withParameter('schema', 'elsewhere'));
    await owner.query(`alter database ${name()} set search_path = elsewhere`);
    await assert.rejects(migrate(database.url), { name: 'DatabaseUnfit', message: /add \?schema=elsewhere to it/ });
    assert.deepEqual((await migrate(withParameter('schema', 'elsewhere'))).applied, []);
    assert.notEqual((await migrate(withParameter('schema', 'public'))).applied.length, 0);
  });
});

test('a login that owns its schema alone needs nothing of the rest of the database', async () => {
  const login = `login_${randomBytes(4).toString('hex')}`;
  await owner.query(`create role ${login} login password 'secret'`);
  await owner.query(`revoke all on schema public from public`);
  await owner.query(`create schema mine authorization ${login}`);
  const url = new URL(withParameter('schema', 'mine'));
  Object.assign(url, { username: login, password: 'secret' });
  try {
    await migrate(url.href);
    await exercise(await open(url.href));
  } finally {
    for (const log of logs.splice(0)) await log.close();
    await owner.query(`drop owned by ${login} cascade; drop role ${login}`);
  }
});
