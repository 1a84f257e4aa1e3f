import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, temporaryDataDir, until } from '../server.js';
import { health, missing, startLoad } from './requests.js';

// A start takes a second or two on an idle machine, and a test has several.
jest.setTimeout(120_000);

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

  test('is answered by readiness first, and waits for nobody who only keeps a connection open', async () => {
    const server = await startServer({ databaseUrl: database.url });
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
    stalled.write('POST /v1/timelines/REALITY/agents HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n');
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
