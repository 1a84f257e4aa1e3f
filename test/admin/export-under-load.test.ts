import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { send } from '../api/api.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { commitsOf, got, removeFolders, sent, temporaryFolder, withLogOf } from './archives.js';
import { seed } from './seed-line.js';

const clients = 9;

/** A write that was acknowledged. */
interface Acknowledged {
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
  readonly version: number;
  readonly text: string;
}

const databases: TestDatabase[] = [];
let source: RunningServer;
let sourceDatabase: TestDatabase;
let folder: string;

async function newDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  sourceDatabase = await newDatabase();
  source = await startServer({ databaseUrl: sourceDatabase.url });
  await source.ready();
});

afterAll(async () => {
  await stopServers();
  await removeFolders();
  for (const database of databases) await database.drop();
});

/** Clients that write with keys to whatever timelines there are, until they are stopped. */
function startWriters(timelines: readonly string[]) {
  const acknowledged = new Map<string, Acknowledged[]>();
  let stopped = false;
  const write = async (client: number): Promise<void> => {
    for (let n = 0; !stopped; n += 1) {
      const timeline = timelines[(client + n) % timelines.length] ?? '';
      const path = `/v1/timelines/${timeline}/agents`;
      const [body, key] = [{ agentId: `a-${client}-${n}`, deposit: '10' }, `key ${client} ${n}`];
      const reply = await sent(source.url, path, body, key);
      const own = acknowledged.get(timeline) ?? [];
      own.push({ path, body, key, version: reply.body.version, text: reply.text });
      acknowledged.set(timeline, own);
    }
  };
  const done = Promise.all(Array.from({ length: clients }, (_, client) => write(client)));
  const count = (): number => [...acknowledged.values()].reduce((sum, own) => sum + (own.at(-1)?.version ?? 0), 0);
  return {
    acknowledged,
    /** Waits until so many more versions were written. */
    more: async (versions: number) => {
      const before = count();
      await Promise.race([done, until(() => count() > before + versions)]);
    },
    stop: () => {
      stopped = true;
      return done;
    },
  };
}

interface Exported {
  readonly file: string;
  readonly timelines: readonly { readonly timeline: string; readonly version: number; readonly chainHash: string }[];
}

async function exportNow(name: string, ...more: readonly string[]): Promise<Exported> {
  const file = join(folder, `${name}.seed.gz`);
  const { exitCode, json, err } = await seed(['export', file, '--json', ...more], { DATABASE_URL: sourceDatabase.url });
  expect([exitCode, err]).toEqual([0, '']);
  return json;
}

/** What has to hold of an archive in a database of its own that a server then serves. */
async function holds({ file, timelines }: Exported, acknowledged: ReadonlyMap<string, readonly Acknowledged[]>) {
  const database = await newDatabase();
  const imported = await seed(['import', file, '--with-keys', '--json'], { DATABASE_URL: database.url });
  expect([imported.exitCode, imported.err]).toEqual([0, '']);
  expect(imported.json.timelines).toEqual(
    timelines.map(({ timeline, version, chainHash }) => ({ timeline, version, chainHash, already: false })),
  );
  const target = await startServer({ databaseUrl: database.url });
  await target.ready();
  const names = new Set(timelines.map(({ timeline }) => timeline));
  let retried = 0;
  for (const { timeline, version, chainHash } of timelines) {
    const state = `/v1/timelines/${timeline}/state?at=${version}&full=true`;
    const [there, here] = await Promise.all([got(source.url, state), got(target.url, state)]);
    expect(here.stateHash).toMatch(/^[0-9a-f]{64}$/);
    expect(here).toEqual(there);
    await withLogOf(database.url, (copy) =>
      withLogOf(sourceDatabase.url, async (original) => {
        const commits = await commitsOf(copy, timeline, version);
        expect(commits.at(-1)?.commit).toMatchObject({ lastVersion: version, hash: chainHash });
        expect(commits).toEqual(await commitsOf(original, timeline, version));
      }),
    );
    expect(await treeOf(target.url, timeline)).toEqual(await treeOf(source.url, timeline, { names, version }));
    const old = (acknowledged.get(timeline) ?? []).filter(({ version: at }) => at <= version);
    for (const { path, body, key, text } of [...old.slice(0, 5), ...old.slice(-40)]) {
      const again = await send(target.url + path, 'POST', body, { 'idempotency-key': key });
      expect([again.status, again.text]).toEqual([201, text]);
      retried += 1;
    }
    expect(await got(target.url, `/v1/timelines/${timeline}`)).toMatchObject({ version });
  }
  target.kill('SIGTERM');
  await target.exited;
  return retried;
}

/** Where a timeline comes from, what was forked from it and its labels; of a source only what its archive can know. */
async function treeOf(url: string, timeline: string, archived?: { names: ReadonlySet<string>; version: number }) {
  const lineage = await got(url, `/v1/timelines/${timeline}/lineage`);
  const labels = await got(url, `/v1/timelines/${timeline}/labels`);
  return {
    ancestors: lineage.ancestors,
    forks: lineage.forks.filter((fork: { timeline: string }) => archived?.names.has(fork.timeline) ?? true),
    labels: labels.items.filter((label: { version: number }) => label.version <= (archived?.version ?? Infinity)),
  };
}

test('archives taken while nine write are exact prefixes, with the states, keys, forks and labels of theirs', async () => {
  const virtual = { name: 'V', clock: 'virtual', startAt: '1970-01-01T00:00:00Z' };
  await sent(source.url, '/v1/timelines', virtual, 'create V');
  const timelines = ['REALITY', 'V'];
  const writers = startWriters(timelines);
  await writers.more(300);
  await sent(source.url, '/v1/timelines/V/labels', { label: 'BRANCH' }, 'label');
  await sent(source.url, '/v1/timelines/V/forks', { name: 'F', at: { label: 'BRANCH' } }, 'fork F');
  timelines.push('F');
  await writers.more(300);
  const exports = [await exportNow('served', '--server', source.url), await exportNow('direct')];
  await writers.more(50);
  await sent(source.url, '/v1/timelines/F/labels', { label: 'LATE' });
  await sent(source.url, '/v1/timelines/F/forks', { name: 'LATER', at: { label: 'LATE' } });
  exports.push(await exportNow('fork', '--server', source.url, '--timeline', 'F'));
  await writers.more(50);
  exports.push(await exportNow('last'));
  await writers.stop();
  expect(exports.map((one) => one.timelines.map(({ timeline }) => timeline))).toEqual([
    ['REALITY', 'V', 'F'],
    ['REALITY', 'V', 'F'],
    ['V', 'F'],
    ['REALITY', 'V', 'F', 'LATER'],
  ]);
  for (const one of exports) {
    const { version = 0 } = one.timelines.find(({ timeline }) => timeline === 'F') ?? {};
    expect((await got(source.url, '/v1/timelines/F')).version).toBeGreaterThan(version);
    expect(await holds(one, writers.acknowledged)).toBeGreaterThan(40);
  }
}, 300_000);
