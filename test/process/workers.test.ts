import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { startClient } from './load-balancer.js';
import { missing, register, startLoad } from './requests.js';

// A start takes a second or two on an idle machine, and a test has several.
jest.setTimeout(120_000);

let database: TestDatabase;

afterEach(async () => {
  await stopServers();
  await database.drop();
});

async function startTwo(): Promise<RunningServer> {
  database = await createTestDatabase();
  const server = await startServer({ databaseUrl: database.url, workers: 2 });
  await server.ready();
  await until(() => server.output().includes('Ready'));
  return server;
}

describe('two workers', () => {
  test('serve one port and one truth', async () => {
    const server = await startTwo();
    const load = startLoad(server.url, 4);
    await until(() => load.acknowledged() > 100);
    const { acknowledged } = await load.stop();
    expect(await missing(server.url, acknowledged)).toEqual([]);
    expect(await writers()).toEqual((await childrenOf(server.pid)).sort());
  });

  test('are ready when both are, whichever is asked', async () => {
    database = await createTestDatabase();
    const server = await startServer({ databaseUrl: database.url, workers: 2 });
    await server.ready();
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => startClient(server.url)).map(async (client) => {
        const { status } = await client.ask('GET', '/v1/timelines/REALITY');
        client.close();
        return status;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
  });

  test('all go on to serve during the notice', async () => {
    database = await createTestDatabase();
    const env = { SHUTDOWN_NOTICE_SECONDS: '3' };
    const server = await startServer({ databaseUrl: database.url, workers: 2, env });
    await server.ready();
    const before = await childrenOf(server.pid);
    server.kill('SIGTERM');
    await until(() => server.output().includes('was received'));
    for (let n = 0; n < 8; n += 1) expect(await register(server.url, `late-${n}`)).toBe(201);
    expect(await childrenOf(server.pid)).toEqual(before);
    expect(await writers()).toEqual([...before].sort());
    expect(await server.exited).toBe(0);
  });

  test('end when the primary process is killed', async () => {
    const server = await startTwo();
    const workers = await childrenOf(server.pid);
    expect(workers).toHaveLength(2);
    server.kill('SIGKILL');
    await until(() => workers.every((pid) => !isRunning(pid)), 5_000);
  });

  test('are replaced when they are killed, and the port stays open', async () => {
    const server = await startTwo();
    const [victim = 0, survivor = 0] = await childrenOf(server.pid);
    process.kill(victim, 'SIGKILL');
    await until(async () => {
      const now = await childrenOf(server.pid);
      return now.length === 2 && !now.includes(victim);
    });
    expect(isRunning(survivor)).toBe(true);
    expect(await register(server.url, 'later')).toBe(201);
  });

  test('do not each act on a signal that reaches the whole group', async () => {
    const server = await startTwo();
    const load = startLoad(server.url, 4);
    await until(() => load.acknowledged() > 20);
    for (const pid of [server.pid, ...(await childrenOf(server.pid))]) process.kill(pid, 'SIGINT');
    expect(await server.exited).toBe(0);
    await load.stop();
    expect(server.output()).not.toContain('ended with');
  });
});

/** The processes that wrote commits, as they name themselves: host, process id, chance. */
async function writers(): Promise<number[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ writer: string }>('select distinct writer from commit where last_version > 1');
  await client.end();
  return rows.map(({ writer }) => Number(writer.split(':').at(-2))).sort();
}

async function childrenOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    all.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    }),
  );
  return all.filter((_, i) => parents[i] === pid).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
