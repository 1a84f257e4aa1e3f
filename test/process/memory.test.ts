import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { send, type Reply } from '../api/api.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, type RunningServer } from '../server.js';

/** A small heap, as in a small container. */
const small = { NODE_OPTIONS: '--max-old-space-size=128' };
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await stopServers();
  await database.drop();
});

async function start(env: Record<string, string>): Promise<RunningServer> {
  const server = await startServer({ databaseUrl: database.url, env });
  await server.ready();
  return server;
}

const at = ({ url }: RunningServer, path: string): string => `${url}/v1/timelines${path}`;
const get = (server: RunningServer, path: string): Promise<Reply> => send(at(server, path), 'GET');

async function create(server: RunningServer, name: string): Promise<void> {
  const body = { name, clock: 'virtual', startAt: '1970-01-01T00:00:00Z' };
  expect(await send(at(server, ''), 'POST', body)).toMatchObject({ status: 201 });
}

interface Result {
  readonly status: string;
  readonly problem?: { readonly code: string };
}

/** Documents of about a MiB each, of letters that take two bytes, in batches as large as they may be. */
async function fill(server: RunningServer, name: string, documents: number): Promise<readonly string[]> {
  const text = JSON.stringify('ж'.repeat(500_000));
  const codes: string[] = [];
  for (let start = 0; start < documents; start += 10) {
    const commands = Array.from({ length: Math.min(10, documents - start) }, (_, i) => ({
      type: 'SaveDocument',
      data: { name: `d${start + i}`, text },
    }));
    const { body, status } = await send(at(server, `/${name}/commands`), 'POST', { commands });
    if (status !== 200) codes.push(body.code);
    else codes.push(...body.results.map(({ status, problem }: Result) => problem?.code ?? status));
  }
  return codes;
}

test('a process with a small heap serves more than it can hold at once, and after a restart refuses what has no room at all', async () => {
  const server = await start(small);
  for (const name of ['LARGE', 'SMALL']) await create(server, name);
  expect(new Set(await fill(server, 'LARGE', 12))).toEqual(new Set(['accepted']));
  const forks = ['FORK-1', 'FORK-2', 'FORK-3', 'FORK-4', 'FORK-5', 'FORK-6'];
  for (const name of forks) {
    expect(await send(at(server, '/LARGE/forks'), 'POST', { name })).toMatchObject({ status: 201 });
  }
  const replies = await Promise.all(['LARGE', ...forks].map((name) => get(server, `/${name}`)));
  expect(new Set(replies.map(({ status, body }) => body.code ?? status))).toEqual(new Set([200]));
  server.kill('SIGKILL');
  await server.exited;

  const tight = await start({ ...small, STATES_BYTES_MAX: '8000000' });
  for (const name of ['LARGE', 'FORK-1', 'LARGE']) {
    const reply = await get(tight, `/${name}`);
    expect(reply).toMatchObject({ status: 503, body: { code: 'memory-short' } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(await send(at(tight, '/SMALL/agents'), 'POST', { agentId: 'ann', deposit: '1' })).toMatchObject({
    status: 201,
  });
  expect(tight.logged().filter(({ limitBytes }) => limitBytes === 8_000_000)).toHaveLength(1);
  const { text } = await send(`${tight.url}/metrics`, 'GET');
  expect(text).toMatch(/^seed_states_memory_refusals [1-9]/m);
}, 120_000);
