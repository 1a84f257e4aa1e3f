import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, type RunningServer } from '../server.js';
import { legacyFolder, removeLegacyFolders, seed, seedProcess } from './seed-line.js';

let database: TestDatabase;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ databaseUrl: database.url });
  folder = await legacyFolder();
});

afterAll(async () => {
  await stopServers();
  await removeLegacyFolders();
  await database.drop();
});

/** The database is one that nobody could use: whatever succeeds went through the server. */
const through = (url: string, timeline: string, ...more: readonly string[]) =>
  seed(['import-legacy', folder, '--timeline', timeline, '--server', url, '--json', ...more], {
    DATABASE_URL: 'postgresql://seed:hush-hush@127.0.0.1:9/seed',
  });

const timelineNames = async (): Promise<string[]> => {
  const { items } = (await (await fetch(`${server.url}/v1/timelines`)).json()) as { items: { name: string }[] };
  return items.map(({ name }) => name);
};

describe('through a running server', () => {
  test('the folder is imported, though the server only starts, and once', async () => {
    const first = await through(server.url, 'OLD');
    expect(first).toMatchObject({
      exitCode: 0,
      json: { already: false, through: server.url, agents: 29, marketsOpen: 24, marketsClosed: 16 },
    });
    const again = await through(server.url, 'OLD');
    expect(again).toMatchObject({ exitCode: 0, json: { ...first.json, already: true } });
  });

  test('the summary is what the server has', async () => {
    const { json } = await through(server.url, 'SUM', '--clock', 'virtual');
    const shown = await (await fetch(`${server.url}/v1/timelines/SUM`)).json();
    expect(shown).toMatchObject({ version: json.version, moneySupply: json.moneySupply, clock: 'virtual' });
    const stakes = await (await fetch(`${server.url}/v1/timelines/SUM/yield`)).json();
    expect(stakes).toMatchObject({ totalStaked: json.totalStaked, stakers: json.stakers });
  });

  test('a name that is in use is refused', async () => {
    const before = await timelineNames();
    const { exitCode, json, err } = await through(server.url, 'REALITY');
    expect([exitCode, json.error.code]).toEqual([1, 'timeline-name-taken']);
    expect(err).toContain('The timeline REALITY exists already');
    expect(await timelineNames()).toEqual(before);
  });

  test('a broken file is named before the server is asked', async () => {
    const before = await timelineNames();
    const broken = await legacyFolder({ broken: 'truncated' });
    const words = ['import-legacy', broken, '--timeline', 'BROKEN', '--server', server.url];
    const { exitCode, err } = await seed(words, {});
    expect([exitCode, err]).toEqual([1, expect.stringContaining('  markets.json: is not whole JSON')]);
    expect(await timelineNames()).toEqual(before);
  });

  test('it is found by HOST and PORT, and by SEED_URL', async () => {
    const { port } = new URL(server.url);
    const byPort = await seed(['import-legacy', folder, '--timeline', 'BYPORT', '--json'], { PORT: port });
    expect(byPort).toMatchObject({ exitCode: 0, json: { through: server.url } });
    const words = ['import-legacy', folder, '--timeline', 'BYURL', '--json'];
    const byUrl = await seedProcess(words, { SEED_URL: `${server.url}/` });
    expect(byUrl).toMatchObject({ exitCode: 0, json: { through: server.url } });
    const status = await seed(['status', '--json'], { PORT: port, DATABASE_URL: database.url });
    expect(status).toMatchObject({ exitCode: 0, json: { server: { url: server.url, status: 'healthy' } } });
  });

  test('it and the database know each other’s imports', async () => {
    const onDatabase = (timeline: string) =>
      seed(['import-legacy', folder, '--timeline', timeline, '--json'], { DATABASE_URL: database.url });
    expect((await through(server.url, 'FIRST-HERE')).json.already).toBe(false);
    expect((await onDatabase('FIRST-HERE')).json).toMatchObject({ already: true, moneySupply: '148700.26353' });
    expect((await onDatabase('FIRST-THERE')).json.already).toBe(false);
    expect((await through(server.url, 'FIRST-THERE')).json).toMatchObject({ already: true, agents: 29 });
  });
});

/** Something that stands where a server should. */
async function standIn(answer: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> {
  const listening = createServer({ keepAlive: false }, answer ?? (() => undefined));
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, server: listening };
}

async function closed(standing: Server): Promise<void> {
  standing.closeAllConnections();
  await new Promise((resolve) => standing.close(resolve));
}

const health = JSON.stringify({ status: 'healthy', timestamp: '', database: 'ok', version: '1.0.0' });

describe('when something is in the way', () => {
  test('a reply that is lost is asked for again, and the import happens once', async () => {
    let lost = 0;
    const { url, server: proxy } = await standIn((incoming, outgoing) => {
      const onward = request(server.url + (incoming.url ?? ''), {
        method: incoming.method ?? 'GET',
        headers: incoming.headers,
      });
      incoming.pipe(onward);
      onward.on('response', (reply) => {
        if (incoming.method === 'POST' && lost === 0) {
          lost += 1;
          reply.resume().on('end', () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(outgoing);
      });
    });
    const { exitCode, json } = await through(url, 'LOST');
    await closed(proxy);
    expect([exitCode, json.already, lost]).toEqual([0, false, 1]);
    const shown = await (await fetch(`${server.url}/v1/timelines/LOST`)).json();
    expect(shown).toMatchObject({ moneySupply: expect.any(String), stats: { eventsProcessed: 40 } });
    expect((await timelineNames()).filter((name) => name === 'LOST')).toEqual(['LOST']);
  });

  test.each<[string, string]>([
    ['database-unavailable', 'server-unavailable'],
    ['outcome-unknown', 'outcome-unknown'],
  ])('a server that keeps answering 503 %s ends the command with 3', async (code, told) => {
    let posts = 0;
    const { url, server: busy } = await standIn((incoming, outgoing) => {
      if (incoming.url === '/health') return void outgoing.end(health);
      const isPost = incoming.method === 'POST';
      posts += isPost ? 1 : 0;
      outgoing.writeHead(isPost ? 503 : 404, { 'retry-after': '0', 'content-type': 'application/problem+json' });
      outgoing.end(JSON.stringify({ code, detail: 'Not now.' }));
    });
    const { exitCode, json } = await through(url, 'BUSY');
    await closed(busy);
    expect([exitCode, json.error.code, posts]).toEqual([3, told, 5]);
  });

  test('what is no Seed server is not taken for one', async () => {
    const { url, server: other } = await standIn((_incoming, outgoing) => void outgoing.end('{"hello": "world"}'));
    const { exitCode, err } = await through(url, 'OTHER');
    const { port } = new URL(url);
    const found = await seed(['status', '--json'], { PORT: port, DATABASE_URL: database.url });
    await closed(other);
    expect([exitCode, err]).toEqual([3, expect.stringContaining('is no Seed server')]);
    expect(found).toMatchObject({ exitCode: 0, json: { server: null } });
  });

  test('a server that was named and does not answer is not replaced by the database', async () => {
    const words = ['import-legacy', folder, '--timeline', 'ALONE', '--server', 'http://127.0.0.1:9'];
    const { exitCode, err } = await seed(words, { DATABASE_URL: database.url });
    expect([exitCode, err]).toEqual([3, expect.stringContaining('No server answers at http://127.0.0.1:9')]);
    expect(await timelineNames()).not.toContain('ALONE');
  });
});
