import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { troubleDisk } from '../faults/disk-trouble.js';
import { health, missing, register, startLoad } from '../process/requests.js';
import { startServer, stopServers, until } from '../server.js';

afterEach(stopServers);

/** How often PostgreSQL said that it cannot go on. */
async function panicsOf(dataDir = ''): Promise<number> {
  const log = await readFile(join(dataDir, 'postgres', 'postgres.log'), 'utf8');
  return log.split(' PANIC: ').length - 1;
}

test('a slow disk makes commands slow, and no more', async () => {
  const server = await startServer();
  await server.ready();
  const { url, dataDir } = server;
  const postgres = await findEmbeddedPostgres(dataDir ?? '');
  const trouble = await troubleDisk(postgres?.pid ?? 0, { kind: 'slow', delayMs: 1_000 });
  const startedMs = performance.now();
  expect(await register(url, 'slow')).toBe(201);
  expect(performance.now() - startedMs).toBeGreaterThan(1_000);
  const readMs = performance.now();
  expect((await fetch(`${url}/v1/timelines/REALITY/agents/slow`)).status).toBe(200);
  expect(performance.now() - readMs).toBeLessThan(1_000);
  expect(await trouble.end()).toBeGreaterThan(0);
});

test.each([
  ['under commits', 1, 5_000],
  ['under commits and under the recovery too', 2, 15_000],
])(
  'a disk that fails %s loses nothing that was acknowledged, and all comes back by itself',
  async (_when, panics, backWithinMs) => {
    const server = await startServer();
    await server.ready();
    const { url, dataDir } = server;
    const load = startLoad(url);
    await until(() => load.acknowledged() > 20);
    const postgres = await findEmbeddedPostgres(dataDir ?? '');
    const trouble = await troubleDisk(postgres?.pid ?? 0, { kind: 'failing', recoveryToo: panics > 1 });
    // Both at once: where the recovery works the database may be back before the next look.
    await until(async () => {
      const [alive, ready] = await Promise.all([health(url), health(url, '/health/ready')]);
      const isDegraded = alive.httpStatus === 200 && alive.status === 'degraded' && alive.database === 'unavailable';
      return isDegraded && ready.httpStatus === 503;
    });
    await until(async () => (await panicsOf(dataDir)) >= panics);
    expect(await trouble.end()).toBeGreaterThan(0);
    const endedMs = performance.now();
    await until(async () => (await health(url, '/health/ready')).httpStatus === 200);
    expect(performance.now() - endedMs).toBeLessThan(backWithinMs);
    const { acknowledged, statuses } = await load.stop();
    expect(await missing(url, acknowledged)).toEqual([]);
    expect([...statuses.keys()].filter((status) => ![201, 409, 503].includes(status ?? 0))).toEqual([]);
  },
);
