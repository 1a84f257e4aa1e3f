import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '#event-log-postgres';
import { ACCESS_SECRET } from '../access-secret.js';
import { type CuttingProxy, startCuttingProxy } from '../event-log/cutting-proxy.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { launchServer, startServer, stopServers, until } from '../server.js';
import { health, missing, register } from './requests.js';

// A start takes a second or two on an idle machine, and a test has several.
jest.setTimeout(120_000);

let database: TestDatabase;
let proxy: CuttingProxy;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await startCuttingProxy(database.url);
});

afterEach(async () => {
  await stopServers();
  await proxy.close();
  await database.drop();
});

describe('a database of one’s own', () => {
  test('is migrated and served, by several servers that start at once', async () => {
    const servers = await Promise.all([1, 2].map(() => startServer({ databaseUrl: database.url })));
    await Promise.all(servers.map((server) => server.ready()));
    const [first, second] = servers;
    expect(await register(first?.url ?? '', 'shared')).toBe(201);
    expect(await missing(second?.url ?? '', ['shared'])).toEqual([]);
  });

  test('may be away at the start: the port is open, and the rest follows when it comes', async () => {
    proxy.refuse(true);
    const server = await startServer({ databaseUrl: proxy.url });
    await until(() => server.output().includes('does not answer'));
    await sleep(500);
    expect(await health(server.url)).toMatchObject({ httpStatus: 200, status: 'starting', database: 'unavailable' });
    for (const path of ['/health/ready', '/health/ready?for=reads'] as const) {
      expect((await health(server.url, path)).httpStatus).toBe(503);
    }
    const complaints = server.logged().filter(({ level }) => level !== 'info');
    expect(complaints.length).toBe(new Set(complaints.map(({ msg }) => msg)).size);
    proxy.refuse(false);
    await server.ready();
    expect(await register(server.url, 'later')).toBe(201);
  });

  test('may go away and come back: degraded, not ready, and then healthy again', async () => {
    const server = await startServer({ databaseUrl: proxy.url });
    await server.ready();
    proxy.refuse(true);
    proxy.cutAll();
    await until(async () => (await health(server.url)).status === 'degraded', 10_000);
    expect(await health(server.url)).toMatchObject({ httpStatus: 200, database: 'unavailable' });
    expect((await health(server.url, '/health/ready')).httpStatus).toBe(503);
    const forReads = await health(server.url, '/health/ready?for=reads');
    expect(forReads).toMatchObject({ httpStatus: 200, status: 'degraded', database: 'unavailable' });
    expect(Object.keys(forReads).sort()).toEqual(['database', 'httpStatus', 'status', 'timestamp', 'version']);
    expect((await health(server.url, '/health/ready?for=writing')).httpStatus).toBe(400);
    proxy.refuse(false);
    await until(async () => (await health(server.url, '/health/ready')).httpStatus === 200, 10_000);
    expect(await health(server.url)).toMatchObject({ httpStatus: 200, status: 'healthy', database: 'ok' });
  });

  test('is served by a login that owns nothing, which the owner’s lets write', async () => {
    const login = `serving_${new URL(database.url).pathname.slice(1)}`;
    await query(`create role ${login} login password 'for this test alone'`);
    const url = new URL(database.url);
    url.username = login;
    url.password = 'for this test alone';
    try {
      const server = await startServer({ databaseUrl: url.href, env: { DATABASE_ADMIN_URL: database.url } });
      await server.ready();
      expect(await register(server.url, 'first')).toBe(201);
      expect(server.output()).not.toContain('seed_writer');
    } finally {
      await stopServers();
      await query(`drop role ${login}`);
    }
  });

  test('is not waited for at a stop', async () => {
    const server = await startServer({ databaseUrl: proxy.url });
    await server.ready();
    expect(await register(server.url, 'unsaved')).toBe(201);
    proxy.refuse(true);
    proxy.cutAll();
    await until(async () => (await health(server.url)).status === 'degraded', 10_000);
    const stopMs = performance.now();
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(performance.now() - stopMs).toBeLessThan(15_000);
    expect(server.output()).not.toContain('is cut off');
  });

  test('can be stopped waiting for', async () => {
    proxy.refuse(true);
    const server = await startServer({ databaseUrl: proxy.url });
    await until(() => server.output().includes('does not answer'));
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});

describe('a database that cannot be served ends the start in one sentence', () => {
  test('one that a newer build has migrated', async () => {
    await migrate(database.url);
    await query(`insert into migration (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`);
    expect(await failure(database.url)).toMatch(/^The database was migrated by a newer build: .*FromTheFuture.*\.$/);
  });

  test('one that refuses the password', async () => {
    const url = new URL(database.url);
    url.password = 'guess';
    expect(await failure(url.href)).toMatch(
      /^The database refuses .*\(SQLSTATE 28P01\): Password authentication failed for user "\w+"\.$/,
    );
  });

  test('one that may lose what was acknowledged, in production', async () => {
    const sentence = await failure(database.url, { ENVIRONMENT: 'production', HOST: '127.0.0.1', ACCESS_SECRET });
    expect(sentence).toBe(
      'The database has fsync = off, which may lose what was acknowledged: production needs fsync = on.',
    );
  });
});

async function failure(databaseUrl: string, env: Record<string, string> = {}): Promise<string | undefined> {
  const server = await launchServer({ databaseUrl, env });
  expect(await server.exited).toBe(1);
  const fatal = server.logged().filter(({ level }) => level === 'fatal');
  expect(fatal).toHaveLength(1);
  return fatal[0]?.msg;
}

async function query(statement: string): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
