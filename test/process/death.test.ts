import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { startServer, stopServers, temporaryDataDir, until } from '../server.js';
import { health, missing, register, startLoad } from './requests.js';

// A start takes a second or two on an idle machine, and a test has several.
jest.setTimeout(120_000);

afterEach(stopServers);

describe('after a kill -9', () => {
  test('of the server under load, the next start adopts its PostgreSQL and has all that was acknowledged', async () => {
    const dataDir = await temporaryDataDir();
    const first = await startServer({ dataDir });
    await first.ready();
    const postgres = await findEmbeddedPostgres(dataDir);
    const load = startLoad(first.url);
    await until(() => load.acknowledged() > 50);
    first.kill('SIGKILL');
    const { acknowledged } = await load.stop();
    expect(await first.exited).toBe('SIGKILL');
    expect((await findEmbeddedPostgres(dataDir))?.pid).toBe(postgres?.pid);

    const second = await startServer({ dataDir });
    await second.ready();
    expect((await findEmbeddedPostgres(dataDir))?.pid).toBe(postgres?.pid);
    expect(await missing(second.url, acknowledged)).toEqual([]);
  });

  test('of PostgreSQL under load, the server is degraded, comes back by itself, and has lost nothing', async () => {
    const server = await startServer();
    await server.ready();
    const load = startLoad(server.url);
    await until(() => load.acknowledged() > 50);
    const seen = new Set<string>();
    const watch = setInterval(() => void note(server.url, seen), 20);
    // Again and again, until health has looked: alone, one death is over before that on a quick machine.
    await until(async () => {
      await killPostgres(server.dataDir ?? '');
      return seen.has('/health 200 degraded unavailable') && seen.has('/health/ready 503 degraded unavailable');
    });
    const before = load.acknowledged();
    await until(() => load.acknowledged() > before + 50);
    clearInterval(watch);
    const { acknowledged, statuses } = await load.stop();

    expect([...statuses.keys()].sort()).toEqual([201, 503]);
    // Commands go through as soon as the database takes them; health looks for it at intervals of its own.
    await until(async () => (await health(server.url)).status === 'healthy');
    expect(await health(server.url)).toMatchObject({ httpStatus: 200, status: 'healthy', database: 'ok' });
    expect(await missing(server.url, acknowledged)).toEqual([]);
  });

  test('of both, the next start recovers', async () => {
    const dataDir = await temporaryDataDir();
    const first = await startServer({ dataDir });
    await first.ready();
    expect(await register(first.url, 'kept')).toBe(201);
    const postgres = await findEmbeddedPostgres(dataDir);
    first.kill('SIGKILL');
    await first.exited;
    process.kill(postgres?.pid ?? 0, 'SIGKILL');

    const second = await startServer({ dataDir });
    await second.ready();
    expect(await missing(second.url, ['kept'])).toEqual([]);
  });
});

/** Kills the server's PostgreSQL, if it has one at the moment. */
async function killPostgres(dataDir: string): Promise<void> {
  const postgres = await findEmbeddedPostgres(dataDir).catch(() => undefined);
  if (postgres === undefined) return;
  try {
    process.kill(postgres.pid, 'SIGKILL');
  } catch {
    // It died in between.
  }
}

async function note(url: string, seen: Set<string>): Promise<void> {
  for (const path of ['/health', '/health/ready'] as const) {
    const { httpStatus, status, database } = await health(url, path);
    seen.add(`${path} ${httpStatus} ${status} ${database}`);
  }
}
