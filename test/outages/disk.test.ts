import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { troubleDisk } from '../faults/disk-trouble.js';
import { openSmallDisk, type SmallDisk } from '../faults/small-disk.js';
import { health, missing, register, startLoad } from '../process/requests.js';
import { startServer, stopServers, until } from '../server.js';

let disk: SmallDisk | undefined;

afterEach(async () => {
  await stopServers();
  await disk?.remove();
  disk = undefined;
});

/** How often PostgreSQL said that it cannot go on. */
async function panicsOf(dataDir = ''): Promise<number> {
  const log = await readFile(join(dataDir, 'postgres', 'postgres.log'), 'utf8');
  return log.split(' PANIC: ').length - 1;
}

/** Saves a document of so many random bytes. */
async function save(url: string, name: string, bytes: number, key = name): Promise<Response> {
  return fetch(`${url}/v1/timelines/REALITY/documents/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ text: randomBytes(bytes).toString('hex') }),
    signal: AbortSignal.timeout(15_000),
  });
}

test('on a full disk writes are answered 507, reads go on, nothing is lost, and it recovers when there is room', async () => {
  disk = await openSmallDisk(300);
  const server = await startServer({ dataDir: disk.folder });
  await server.ready();
  const { url } = server;
  expect(await register(url, 'before')).toBe(201);
  await disk.fill();
  const full = await save(url, 'large', 100_000);
  expect({ status: full.status, body: await full.json() }).toMatchObject({
    status: 507,
    body: { code: 'storage-full', status: 507 },
  });
  expect(full.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  const read = await fetch(`${url}/v1/timelines/REALITY/agents/before`);
  expect(read.status).toBe(200);
  expect(await health(url)).toMatchObject({ httpStatus: 200 });
  await disk.makeRoom();
  const startedMs = performance.now();
  await until(async () => (await save(url, 'large', 10)).status === 409);
  await until(async () => (await save(url, 'next', 100_000)).status === 200);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(await missing(url, ['before'])).toEqual([]);
});

test('a slow disk makes commands slow, and no more', async () => {
  const server = await startServer();
  await server.ready();
  const { url, dataDir } = server;
  const postgres = await findEmbeddedPostgres(dataDir ?? '');
  const trouble = await troubleDisk(postgres?.pid ?? 0, { kind: 'slow', delayMs: 300 });
  const startedMs = performance.now();
  expect(await register(url, 'slow')).toBe(201);
  expect(performance.now() - startedMs).toBeGreaterThan(300);
  const readMs = performance.now();
  expect((await fetch(`${url}/v1/timelines/REALITY/agents/slow`)).status).toBe(200);
  expect(performance.now() - readMs).toBeLessThan(300);
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
    await until(async () => (await health(url, '/health/ready')).httpStatus === 503);
    await until(async () => (await panicsOf(dataDir)) >= panics);
    expect(await health(url)).toMatchObject({ httpStatus: 200, status: 'degraded', database: 'unavailable' });
    expect(await trouble.end()).toBeGreaterThan(0);
    const endedMs = performance.now();
    await until(async () => (await health(url, '/health/ready')).httpStatus === 200);
    expect(performance.now() - endedMs).toBeLessThan(backWithinMs);
    const { acknowledged, statuses } = await load.stop();
    expect(await missing(url, acknowledged)).toEqual([]);
    expect([...statuses.keys()].filter((status) => ![201, 409, 503].includes(status ?? 0))).toEqual([]);
  },
);
