import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmbeddedPostgres } from '#embedded-postgres';
import { processesOf } from '../faults/processes.js';
import { startTestPostgres } from '../postgres.js';
import { health } from '../process/requests.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { Proxy } from '../torture/proxy.js';

const deadlineMs = 3_000;
/** What a busy machine may add to any of the times below. */
const slackMs = 1_000;

let postgres: EmbeddedPostgres;
let proxy: Proxy;
let server: RunningServer;

beforeAll(async () => {
  postgres = await startTestPostgres();
  proxy = await Proxy.open(postgres.url);
  server = await startServer({ databaseUrl: proxy.url, env: { COMMAND_DEADLINE_MS: String(deadlineMs) } });
  await server.ready();
  expect((await send('POST', 'agents', { agentId: 'ann', deposit: '1' })).status).toBe(201);
});

afterAll(async () => {
  await stopServers();
  await proxy.close();
  await postgres.stop();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  readonly ms: number;
}

async function send(method: string, path: string, body?: object, key?: string): Promise<Answer> {
  const startedMs = performance.now();
  const response = await fetch(`${server.url}/v1/timelines/REALITY/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as Answer['body'];
  return { status: response.status, body: answer, headers: response.headers, ms: performance.now() - startedMs };
}

const deposit = (key: string): Promise<Answer> => send('POST', 'agents/ann/deposits', { amount: '1' }, key);
const balance = async (): Promise<number> => Number((await send('GET', 'agents/ann')).body['available']);

/** Signals the server of PostgreSQL and all its processes. */
async function signalAll(signal: NodeJS.Signals): Promise<void> {
  const pid = postgres.pid() ?? 0;
  for (const each of [pid, ...(await processesOf(pid))]) process.kill(each, signal);
}

test.each([
  [
    'stopped',
    async () => {
      proxy.repoint('postgresql://127.0.0.1:1');
    },
    async () => {
      proxy.repoint(postgres.url);
    },
  ],
  ['frozen', () => signalAll('SIGSTOP'), () => signalAll('SIGCONT')],
  [
    'behind a network that swallows everything',
    async () => {
      proxy.blackHole(true);
    },
    async () => {
      proxy.blackHole(false);
    },
  ],
])('with the database %s every request ends in time, and all comes back by itself', async (how, away, back) => {
  const before = await balance();
  await away();
  const keys = [1, 2, 3, 4].map((i) => `${how} ${i}`);
  const read = send('GET', 'agents/ann');
  const writes = await Promise.all(keys.map(deposit));
  for (const { status, body, headers, ms } of writes) {
    expect(status).toBe(503);
    expect(['database-unavailable', 'deadline-exceeded', 'outcome-unknown']).toContain(body['code']);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(ms).toBeLessThan(deadlineMs + slackMs);
  }
  const { status, headers, ms } = await read;
  expect(status).toBe(200);
  expect(Number(headers.get('seed-stale-ms') ?? Number.NaN)).toBeGreaterThanOrEqual(0);
  expect(ms).toBeLessThan(2_000 + slackMs);
  await until(async () => (await health(server.url, '/health/ready')).httpStatus === 503, 5_000);
  expect(await health(server.url)).toMatchObject({ httpStatus: 200, status: 'degraded', database: 'unavailable' });
  await back();
  const sinceMs = performance.now();
  await until(async () => (await health(server.url, '/health/ready')).httpStatus === 200, 10_000);
  for (const key of keys) await until(async () => (await deposit(key)).status === 200, 10_000);
  await until(async () => !(await send('GET', 'agents/ann')).headers.has('seed-stale-ms'), 10_000);
  expect(performance.now() - sinceMs).toBeLessThan(10_000);
  expect(await balance()).toBe(before + keys.length);
});
