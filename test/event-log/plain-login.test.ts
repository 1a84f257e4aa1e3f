import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Client } from 'pg';
import { inspectServer, migrate, openPostgresLog } from '#event-log-postgres';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startCuttingProxy } from './cutting-proxy.js';
import { appended, appendRequest, createTimeline } from './proposals.js';

/** As a managed PostgreSQL gives it out: the login owns its database and may make no roles. */
describe('a login that is no superuser', () => {
  let database: TestDatabase;
  let superuser: Client;
  let login: string;
  let url: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    superuser = new Client(database.url);
    await superuser.connect();
    login = `login_${randomBytes(4).toString('hex')}`;
    await superuser.query(`create role ${login} login password 'secret'`);
    const asLogin = new URL(database.url);
    await superuser.query(`alter database ${asLogin.pathname.slice(1)} owner to ${login}`);
    asLogin.username = login;
    asLogin.password = 'secret';
    url = asLogin.href;
  });

  afterEach(async () => {
    await superuser.query(`reassign owned by ${login} to current_user; drop owned by ${login}`);
    await superuser.end();
    await database.drop();
  });

  test('serves without the writer’s role, guarded by triggers alone, and says so', async () => {
    await migrate(url);
    assert.equal((await inspectServer(url)).writerRole, false);
    const log = await openPostgresLog({ url, poolMax: 2, applicationName: 'plain', appendTimeoutMs: 5_000 });
    const { timelineId, head } = await createTimeline(log);
    await appended(log.append(appendRequest(timelineId, head)));
    await log.close();
    const owner = new Client(url);
    await owner.connect();
    await assert.rejects(owner.query('delete from event'), { message: /the past is not edited/ });
    await owner.end();
  });

  test('takes the writer’s role where it was granted, and can still end its own lost connections', async () => {
    await superuser.query(`
      do $$ begin create role seed_writer nologin; exception when duplicate_object or unique_violation then null; end $$`);
    await superuser.query(`grant seed_writer to ${login}`);
    await migrate(url);
    assert.equal((await inspectServer(url)).writerRole, true);
    const proxy = await startCuttingProxy(url);
    const log = await openPostgresLog({ url: proxy.url, poolMax: 2, applicationName: 'plain', appendTimeoutMs: 1_000 });
    try {
      const { timelineId, head } = await createTimeline(log);
      proxy.arm('reply-swallowed');
      const next = await appended(log.append(appendRequest(timelineId, head)));
      assert.equal(proxy.fired(), 1);
      assert.deepEqual((await log.confirm(timelineId, [])).head, next);
    } finally {
      await log.close();
      await proxy.close();
    }
  });
});
