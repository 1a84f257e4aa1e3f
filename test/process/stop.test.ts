import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { freePort } from '../free-port.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, temporaryDataDir, until } from '../server.js';
import { startClient } from './load-balancer.js';
import { health, missing, startLoad } from './requests.js';

// A start takes a second or two on an idle machine, and a test has several.
jest.setTimeout(120_000);

const main = fileURLToPath(new URL('../../dist/apps/api/main.js', import.meta.url));

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await stopServers();
  await database.drop();
});

describe('SIGTERM', () => {
  test.each([1, 2])('under load loses nothing that was acknowledged, with %d serving', async (workers) => {
    const dataDir = await temporaryDataDir();
    const server = await startServer({ dataDir, workers });
    await server.ready();
    const load = startLoad(server.url);
    await until(() => load.acknowledged() > 50);
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    const { acknowledged, statuses } = await load.stop();
    expect([...statuses.keys()].filter((status) => status !== 201 && status !== 503 && status !== undefined)).toEqual(
      [],
    );
    expect(await findEmbeddedPostgres(dataDir)).toBeUndefined();

    const next = await startServer({ dataDir });
    await next.ready();
    expect(await missing(next.url, acknowledged)).toEqual([]);
  });

  test('gives notice: all is served still, and each answer ends its connection', async () => {
    const server = await startServer({ databaseUrl: database.url, env: { SHUTDOWN_NOTICE_SECONDS: '3600' } });
    await server.ready();
    const kept = startClient(server.url);
    expect((await kept.ask('GET', '/health/ready')).headers).toMatchObject({ connection: 'keep-alive' });
    server.kill('SIGTERM');
    await until(async () => (await health(server.url, '/health/ready')).httpStatus === 503);
    expect(await health(server.url, '/health/ready')).toMatchObject({ status: 'draining', database: 'ok' });
    expect((await health(server.url, '/health/ready?for=reads')).httpStatus).toBe(503);
    expect((await health(server.url)).httpStatus).toBe(200);
    const answer = await kept.ask('POST', '/v1/timelines/REALITY/agents', { agentId: 'late', deposit: '1' });
    expect(answer).toMatchObject({ status: 201, headers: { connection: 'close' } });
    expect(await kept.ask('GET', '/v1/timelines/REALITY')).toMatchObject({ status: 200 });
    kept.close();
    // A second signal within a moment is the first one once more.
    await until(() => {
      server.kill('SIGTERM');
      return server.output().includes('the notice is over');
    });
    expect(await server.exited).toBe(0);
    expect(server.output()).not.toContain('ending at once');
  });

  test('needs no notice where it comes of a Ctrl-C', async () => {
    const server = await startServer({ databaseUrl: database.url, env: { SHUTDOWN_NOTICE_SECONDS: '3600' } });
    await server.ready();
    server.kill('SIGINT');
    expect(await server.exited).toBe(0);
  });

  test('is answered by readiness first, and waits for nobody who only keeps a connection open', async () => {
    const server = await startServer({ databaseUrl: database.url, env: { SHUTDOWN_NOTICE_SECONDS: '1' } });
    await server.ready();
    const { hostname, port } = new URL(server.url);
    const silent = connect(Number(port), hostname);
    silent.on('error', () => undefined);
    server.kill('SIGTERM');
    // Once the port is closed, asking fails.
    await until(async () => (await health(server.url, '/health/ready')).httpStatus === 503);
    const stopMs = performance.now();
    expect(await server.exited).toBe(0);
    expect(performance.now() - stopMs).toBeLessThan(5_000);
    silent.destroy();
  });

  test('cuts off what has not finished in its grace', async () => {
    const server = await startServer({ databaseUrl: database.url, env: { SHUTDOWN_GRACE_SECONDS: '1' } });
    await server.ready();
    const { hostname, port } = new URL(server.url);
    const stalled = connect(Number(port), hostname);
    stalled.on('error', () => undefined);
    stalled.write('POST /v1/timelines/REALITY/agents HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n');
    stalled.write('content-type: application/json\r\n\r\n{');
    await health(server.url);
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(server.output()).toContain('is cut off');
  });

  test('during the start ends it cleanly', async () => {
    const server = await startServer();
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(await findEmbeddedPostgres(server.dataDir ?? '')).toBeUndefined();
  });

  test('that comes twice within a moment is one, as npm hands on a Ctrl-C that the terminal has sent already', async () => {
    const server = await startServer({ databaseUrl: database.url });
    await server.ready();
    server.kill('SIGINT');
    server.kill('SIGINT');
    expect(await server.exited).toBe(0);
  });
});

describe('a terminal that is closed', () => {
  test('ends the server, and its PostgreSQL with it', async () => {
    const dataDir = await temporaryDataDir();
    const log = join(dataDir, 'log');
    const env = environment({ DATA_DIR: dataDir });
    const terminal = spawn('script', ['-qfec', `exec ${process.execPath} ${main}`, log], { env, stdio: 'ignore' });
    try {
      await until(async () => (await readFile(log, 'utf8').catch(() => '')).includes('Ready'), 90_000);
      expect(await findEmbeddedPostgres(dataDir)).toBeDefined();
    } finally {
      terminal.kill('SIGKILL');
    }
    await until(async () => (await findEmbeddedPostgres(dataDir)) === undefined);
  });
});

describe('a log that nobody can write', () => {
  test('is gone on without', async () => {
    const port = await freePort();
    const full = await open('/dev/full', 'w');
    const env = environment({ PORT: String(port), DATABASE_URL: database.url });
    const server = spawn(process.execPath, [main], { env, stdio: ['ignore', full.fd, 'ignore'] });
    const exited = once(server, 'exit');
    await full.close();
    const isReady = (): Promise<boolean> =>
      health(`http://127.0.0.1:${port}`, '/health/ready').then(
        ({ httpStatus }) => httpStatus === 200,
        () => server.exitCode !== null,
      );
    try {
      await until(isReady, 90_000);
      server.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      server.kill('SIGKILL');
    }
  });
});

function environment(given: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, PORT: '0', DATABASE_URL: '', ACCESS_SECRET: '', ENVIRONMENT: '', ...given };
}
