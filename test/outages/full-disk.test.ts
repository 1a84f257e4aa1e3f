import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { openSmallDisk, type SmallDisk } from '../faults/small-disk.js';
import { health, missing, register, startLoad } from '../process/requests.js';
import { startServer, stopServers, until } from '../server.js';

let disk: SmallDisk;

afterEach(async () => {
  await stopServers();
  await disk.remove();
});

/** Writes to PostgreSQL's log alone until there is no room for more of it. */
async function fillLog(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  const message = "select pg_logical_emit_message(false, 'fill', repeat('x', 1000000))";
  try {
    for (let megabytes = 0; megabytes < 400; megabytes += 1) await client.query(message);
  } finally {
    void client.end().catch(() => undefined);
  }
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

test('where there is no room even for PostgreSQL’s own log, all comes back by itself once there is', async () => {
  disk = await openSmallDisk(300);
  const server = await startServer({ dataDir: disk.folder });
  await server.ready();
  const { url } = server;
  const load = startLoad(url);
  await until(() => load.acknowledged() > 20);
  const { url: databaseUrl = '' } = (await findEmbeddedPostgres(disk.folder)) ?? {};
  // Its recovery may find room in what it removes; in the end that fails too, and so does the start of a new one.
  await until(async () => {
    await disk.fill();
    await fillLog(databaseUrl).catch(() => undefined);
    return server.logged().some(({ msg }) => msg.startsWith('PostgreSQL did not start'));
  });
  await until(async () => (await health(url, '/health/ready')).httpStatus === 503);
  await disk.makeRoom();
  const startedMs = performance.now();
  await until(async () => (await health(url, '/health/ready')).httpStatus === 200);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
  const { acknowledged, statuses } = await load.stop();
  expect(await missing(url, acknowledged)).toEqual([]);
  expect([...statuses.keys()].filter((status) => ![201, 409, 503, 507].includes(status ?? 0))).toEqual([]);
});

test.each<[of: string, takeRoom: (disk: SmallDisk) => Promise<void>]>([
  ['a full disk', (full) => full.fill()],
  ['a disk that takes no file more, though it shows room', (full) => full.refuseFiles()],
])('a server that is started on %s says so, and is ready once there is room', async (_, takeRoom) => {
  disk = await openSmallDisk(300);
  const first = await startServer({ dataDir: disk.folder });
  await first.ready();
  expect(await register(first.url, 'before')).toBe(201);
  first.kill('SIGTERM');
  await first.exited;
  await takeRoom(disk);
  const server = await startServer({ dataDir: disk.folder });
  await until(() => server.logged().some(({ msg }) => msg.includes('there is no room on the disk')));
  expect(await health(server.url, '/health/ready')).toMatchObject({ httpStatus: 503, status: 'starting' });
  await disk.makeRoom();
  await server.ready();
  expect(await missing(server.url, ['before'])).toEqual([]);
});
