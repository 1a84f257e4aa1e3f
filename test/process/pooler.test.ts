import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate, withSession } from '#event-log-postgres';
import { seed } from '../admin/seed-line.js';
import { startPooler, type Pooler } from '../faults/pooler.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { launchServer, startServer, stopServers, until } from '../server.js';
import { health, missing, register } from './requests.js';

jest.setTimeout(120_000);

let database: TestDatabase;
let pooler: Pooler | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await stopServers();
  await pooler?.stop();
  pooler = undefined;
  await database.drop();
});

test('a pooler that lends the server’s connections by the transaction is refused, and what to use is said', async () => {
  pooler = await startPooler(database.url, 'transaction');
  const server = await launchServer({ databaseUrl: pooler.url });
  expect(await server.exited).toBe(1);
  const fatal = server.logged().filter(({ level }) => level === 'fatal');
  expect(fatal.map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/use the pooler’s session mode, or the server’s own/),
  ]);
  const doctor = await seed(['doctor', '--json'], { DATABASE_URL: pooler.url });
  expect([doctor.exitCode, doctor.out]).toEqual([1, expect.stringContaining('session mode')]);
  await expect(migrate(pooler.url)).rejects.toMatchObject({ name: 'DatabaseUnfit' });
});

test('one that lends them by the statement is refused too', async () => {
  pooler = await startPooler(database.url, 'statement');
  await expect(migrate(pooler.url)).rejects.toMatchObject({ name: 'DatabaseUnfit' });
});

test('one that lends them by the session serves, with all settings and timeouts', async () => {
  pooler = await startPooler(database.url, 'session');
  const server = await startServer({ databaseUrl: pooler.url });
  await server.ready();
  expect(await register(server.url, 'pooled')).toBe(201);
  const login = { url: pooler.url, applicationName: 'pooler', statementTimeoutMs: 4_321 };
  const { rows } = await withSession(login, (client) =>
    client.query<{ ms: string }>(`select
    current_setting('statement_timeout') || ' ' || current_setting('default_transaction_isolation') as ms`),
  );
  expect(rows).toEqual([{ ms: '4321ms read committed' }]);
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  await owner.query('begin');
  await owner.query("select from timeline where name = 'REALITY' for update");
  expect(await register(server.url, 'waits')).toBe(503);
  await owner.query('rollback');
  await owner.end();
  await until(async () => (await register(server.url, 'waits')) !== 503);
  expect(await missing(server.url, ['pooled', 'waits'])).toEqual([]);
  expect((await health(server.url, '/health/ready')).httpStatus).toBe(200);
});
