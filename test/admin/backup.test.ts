import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Terminal } from '../../apps/admin/progress.js';
import { backupName } from '../../apps/admin/backups/backup-folder.js';
import { parseDuration } from '../../apps/admin/commands/durations.js';
import { openTestApi, type TestApi } from '../api/api.js';
import { fillEconomy } from '../archives/archives.js';
import { createMigratedDatabase } from '../event-log/migrated-database.js';
import type { TestDatabase } from '../postgres.js';
import { until } from '../server.js';
import { removeFolders, temporaryFolder, withLogOf } from './archives.js';
import { seed, startSeed, type Ran } from './seed-line.js';

const LOCK = '.seed-backup.lock';

const going: { abort(): void }[] = [];

let database: TestDatabase;
let folder: string;

/** Stops a schedule at the end of the test at the latest. */
function stopper(): AbortController {
  const stopping = new AbortController();
  going.push(stopping);
  return stopping;
}

beforeAll(async () => {
  database = await createMigratedDatabase();
  await withLogOf(database.url, async (log) => {
    await fillEconomy(log, 'A', [1, 5, 40]);
    await fillEconomy(log, 'B', [3]);
  });
});

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(async () => {
  // Also of a test that failed half-way, so that none goes on.
  for (const one of going.splice(0)) one.abort();
  await removeFolders();
});
afterAll(() => database.drop());

const backUp = (...words: readonly string[]): Promise<Ran> =>
  seed(['backup', '--to', folder, ...words], { DATABASE_URL: database.url });
const namesIn = async (): Promise<readonly string[]> => (await readdir(folder)).sort();

describe('a backup', () => {
  test('is named by its moment, tells its heads, and is what import takes', async () => {
    const { exitCode, json, err } = await backUp('--json');
    expect([exitCode, err]).toEqual([0, '']);
    expect(await namesIn()).toEqual([backupName(null, json.createdAt)]);
    expect(json).toMatchObject({ file: join(folder, backupName(null, json.createdAt)), removed: [] });
    const heads = await withLogOf(database.url, async (log) =>
      Promise.all(['A', 'B'].map(async (name) => (await log.findTimeline(name))?.head)),
    );
    expect(json.timelines).toMatchObject([
      { timeline: 'A', expect: `${heads[0]?.version}:${heads[0]?.hash}` },
      { timeline: 'B', expect: `${heads[1]?.version}:${heads[1]?.hash}` },
    ]);
    const dry = await seed(['import', json.file, '--dry-run', '--json'], {});
    expect(dry.json).toMatchObject({ sha256: json.sha256, bytes: json.bytes });
    const { out } = await backUp();
    expect(out).toMatch(/^Backed up through .*, and read back whole:\n/);
    expect(out).toMatch('Access keys are not in it');
    expect(out).toContain(`    A  ${heads[0]?.version}:${heads[0]?.hash}\n`);
  });

  test('is the same through a server, and of one timeline if asked', async () => {
    const api: TestApi = await openTestApi();
    await api.createVirtual('T');
    const words = ['backup', '--to', folder, '--server', api.url, '--json'];
    const [all, one] = [await seed(words, {}), await seed([...words, '--timeline', 'T'], {})];
    await api.stop();
    const { json } = await backUp('--json');
    expect(Object.keys(all.json)).toEqual(Object.keys(json));
    expect(all.json).toMatchObject({ through: api.url, timelines: [{ timeline: 'T' }] });
    expect(one.json.file).toBe(join(folder, backupName('T', one.json.createdAt)));
  });

  test('leaves the newest, and nothing that is not a good backup of its kind is touched', async () => {
    const day = (n: number): string => `2020-01-0${n}T00:00:00.000Z`;
    const old = [1, 2, 3, 4].map((n) => backupName(null, day(n)));
    const bystanders = [
      backupName('A', day(1)),
      `${backupName(null, day(1))}.bad`,
      `x${backupName(null, day(1))}`,
      'all.seed.gz',
      'seed.20200101.seed.gz',
      'notes.txt',
    ];
    for (const name of [...old, ...bystanders]) await writeFile(join(folder, name), '');
    await mkdir(join(folder, backupName(null, day(5))));
    const first = await backUp('--keep', '3', '--json');
    expect(first.json.removed).toEqual([old[1], old[0]]);
    const second = await backUp('--keep', '1', '--json');
    expect(second.json.removed).toHaveLength(3);
    expect(await namesIn()).toEqual(
      [...bystanders, backupName(null, day(5)), backupName(null, second.json.createdAt)].sort(),
    );
  });

  test('is left however many newer ones there seem to be', async () => {
    const future = [1, 2, 3].map((n) => backupName(null, `299${n}-01-01T00:00:00.000Z`));
    for (const name of future) await writeFile(join(folder, name), '');
    const { json } = await backUp('--keep', '2', '--json');
    expect(json.removed).toEqual([future[1], future[0]]);
    expect(await namesIn()).toEqual([backupName(null, json.createdAt), future[2]].sort());
  });

  test('that does not pass is kept as .bad, told, and neither counts nor pushes another out', async () => {
    const good = (await backUp('--json')).json.file;
    const terminal: Terminal = { columns: 100, write: (text) => void (text.includes('Reading back') && flipOnce()) };
    let flipped = 0;
    const flipOnce = (): void => {
      if (flipped++ === 0) flipByte(join(folder, readdirSync(folder).find((name) => name.includes('.part-')) ?? ''));
    };
    const words = ['backup', '--to', folder, '--keep', '1'];
    const { exitCode, out, err } = await seed(words, { DATABASE_URL: database.url }, { terminal });
    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toMatch(/The backup did not pass and is kept as .*\.seed\.gz\.bad, which does not count: .*line \d+/);
    expect(flipped).toBeGreaterThan(0);
    const names = await namesIn();
    expect(names.filter((name) => !name.endsWith('.bad'))).toEqual([good.slice(folder.length + 1)]);
    expect(names).toHaveLength(2);
    const third = await backUp('--keep', '2', '--json');
    expect(third.json.removed).toEqual([]);
  });

  test('cannot be made into what is no folder, and a line that makes no sense ends with 2', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const environment = { DATABASE_URL: database.url };
    for (const to of [file, join(folder, 'no', 'where')])
      expect((await seed(['backup', '--to', to], environment)).exitCode).toBe(1);
    expect((await seed(['backup', '--to', join(folder, 'new')], environment)).exitCode).toBe(0);
    for (const words of [[], ['--to', folder, '--keep', '0'], ['--to', folder, '--every', '1w'], ['lst', folder]])
      expect(await seed(['backup', ...words], environment)).toMatchObject({ exitCode: 2, out: '' });
    const nobody = { DATABASE_URL: 'postgresql://seed@127.0.0.1:9/seed' };
    expect((await seed(['backup', '--to', folder], nobody)).exitCode).toBe(3);
    expect(await namesIn()).toEqual(['file', 'new']);
  });
});

/** One in the middle, so that what stands before it can be read. */
function flipByte(path: string): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, 900);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  writeSync(file, byte, 0, 1, 900);
  closeSync(file);
}

test('the list shows the newest first, and reads them if asked', async () => {
  const [first, second] = [(await backUp('--json')).json, (await backUp('--json')).json];
  const list = (...words: readonly string[]) => seed(['backup', 'list', folder, ...words], {});
  const plain = await list('--json');
  expect(plain.json.backups).toMatchObject([
    {
      file: backupName(null, second.createdAt),
      good: true,
      timeline: null,
      timelines: null,
      createdAt: second.createdAt,
    },
    { file: backupName(null, first.createdAt), good: true, bytes: first.bytes },
  ]);
  const checked = await list('--check', '--json');
  expect([checked.exitCode, checked.json.backups[0].timelines]).toEqual([0, second.timelines]);
  await truncate(first.file, 500);
  const damaged = await list('--check');
  expect(damaged.exitCode).toBe(1);
  expect(damaged.out).toMatch(
    /^good {2}seed.*\n {6}A {2}47:[0-9a-f]{64}\n {6}B .*\nbad {3}seed.*\n {6}.*line \d+.*cut off\.\n$/,
  );
  expect((await list()).exitCode).toBe(0);
  expect((await seed(['backup', 'list', join(folder, 'none')], {})).exitCode).toBe(1);
});

describe('one process at a time writes into a folder:', () => {
  test('another is refused, and told who is there', async () => {
    const stopping = stopper();
    const { signal } = stopping;
    const scheduled = seed(
      ['backup', '--to', folder, '--every', '1h'],
      { DATABASE_URL: database.url },
      { stopping: signal },
    );
    await until(async () => (await namesIn()).some((name) => name.endsWith('.seed.gz')));
    const other = await backUp('--json');
    expect([other.exitCode, other.json.error.code]).toEqual([1, 'folder-locked']);
    expect(other.err).toContain(`by process ${process.pid} on `);
    stopping.abort();
    expect((await scheduled).exitCode).toBe(0);
    expect(await namesIn()).toHaveLength(1);
    expect((await backUp()).exitCode).toBe(0);
  });

  test('a disk with no room for the lock is told, and keeps nobody out once there is', async () => {
    const words = ['backup', '--to', folder, '--json'];
    const { exitCode, json } = await startSeed(words, { DATABASE_URL: database.url }, { diskIsFull: true }).ran;
    expect([exitCode, json.error.code]).toEqual([1, 'file-unwritable']);
    expect(await namesIn()).toEqual([]);
    expect((await backUp()).exitCode).toBe(0);
  });

  test('of many at once one makes a backup', async () => {
    const ran = await Promise.all(Array.from({ length: 8 }, () => backUp('--json')));
    const made = ran.filter(({ exitCode }) => exitCode === 0);
    const refused = ran.filter(({ json }) => json.error?.code === 'folder-locked');
    expect(made.length).toBeGreaterThan(0);
    expect(made.length + refused.length).toBe(8);
    expect(await namesIn()).toHaveLength(made.length);
  });

  test('what a killed one left is cleared away once its lock is old', async () => {
    const lock = join(folder, LOCK);
    await writeFile(lock, JSON.stringify({ token: 'x', host: 'elsewhere', pid: 1 }));
    await writeFile(join(folder, 'seed.part-0'), 'half');
    expect((await backUp()).err).toContain('by process 1 on elsewhere');
    const before = new Date(Date.now() - 61_000);
    await utimes(lock, before, before);
    const { exitCode, json } = await backUp('--json');
    expect(exitCode).toBe(0);
    expect(await namesIn()).toEqual([backupName(null, json.createdAt)]);
  });

  test('whoever lost its lock stops', async () => {
    const terminal: Terminal = { columns: 100, write: (text) => void (text.includes('Reading back') && take()) };
    const take = (): void => {
      const file = openSync(join(folder, LOCK), 'w');
      writeSync(file, JSON.stringify({ token: 'x', host: 'elsewhere', pid: 1 }));
      closeSync(file);
    };
    const { exitCode, err } = await seed(['backup', '--to', folder], { DATABASE_URL: database.url }, { terminal });
    expect([exitCode, err]).toEqual([1, expect.stringContaining('by process 1 on elsewhere')]);
    expect(await namesIn()).toEqual([LOCK]);
  });
});

describe('by schedule', () => {
  test('it goes on until it is stopped, one a line, and the rest is kept in bounds', async () => {
    const stopping = stopper();
    let out = '';
    const more = { stopping: stopping.signal, out: (text: string) => void (out += text) };
    const words = ['backup', '--to', folder, '--every', '1s', '--keep', '2', '--json'];
    const scheduled = seed(words, { DATABASE_URL: database.url }, more);
    await until(() => out.split('\n').length > 3);
    stopping.abort();
    expect((await scheduled).exitCode).toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toEqual({ made: lines.length - 1, failed: 0 });
    expect((await namesIn()).map((name) => join(folder, name))).toEqual(
      lines
        .slice(-3, -1)
        .map(({ file }) => file)
        .sort(),
    );
  });

  test('one that fails is told and tried again, and the exit code tells of it', async () => {
    const stopping = stopper();
    const told = { out: '', err: '' };
    const more = {
      stopping: stopping.signal,
      out: (text: string) => void (told.out += text),
      err: (text: string) => void (told.err += text),
    };
    const api = await openTestApi();
    const scheduled = seed(['backup', '--to', folder, '--every', '1s', '--server', api.url], {}, more);
    await until(() => told.out.includes('Backed up'));
    api.app.getHttpServer().close();
    api.app.getHttpServer().closeAllConnections();
    await until(() => told.err.split('No server answers').length > 2);
    stopping.abort();
    const { exitCode } = await scheduled;
    expect(exitCode).toBe(3);
    expect(told.out).toMatch(/Stopped after \d+ backups; [2-9] failed\.\n$/);
    await api.stop();
  });

  test('a restart does not make one before it is due', async () => {
    await backUp();
    const stopping = stopper();
    const environment = { DATABASE_URL: database.url };
    const words = ['backup', '--to', folder, '--every', '1h'];
    const scheduled = seed(words, environment, { stopping: stopping.signal });
    await until(async () => (await namesIn()).includes(LOCK));
    stopping.abort();
    expect((await scheduled).out).toBe('Stopped after 0 backups.\n');
    const [name = ''] = await namesIn();
    await writeFile(join(folder, backupName(null, '2020-01-01T00:00:00.000Z')), await readFile(join(folder, name)));
    await rm(join(folder, name));
    const again = stopper();
    const due = seed(words, environment, { stopping: again.signal });
    await until(async () => (await namesIn()).filter((file) => file.endsWith('.seed.gz')).length === 2);
    again.abort();
    expect((await due).out).toContain('Stopped after 1 backups.\n');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s lets a backup under way come to its end', async (signal) => {
    const large = await createMigratedDatabase();
    await withLogOf(large.url, (log) => fillEconomy(log, 'LONG', new Array<number>(20).fill(2_000)));
    const { child, ran } = startSeed(['backup', '--to', folder, '--every', '1h'], { DATABASE_URL: large.url });
    going.push({ abort: () => child.kill('SIGKILL') });
    await until(async () => (await namesIn()).some((name) => name.includes('.part-')));
    child.kill(signal);
    const { exitCode, err, out } = await ran;
    expect([exitCode, err]).toEqual([0, 'Finishing what is under way; once more ends it at once.\n']);
    expect(out).toContain('Stopped after 1 backups.\n');
    const names = await namesIn();
    expect(names).toEqual([expect.stringMatching(/^seed\..*Z\.seed\.gz$/)]);
    expect((await seed(['import', join(folder, names[0] ?? ''), '--dry-run'], {})).exitCode).toBe(0);
    await large.drop();
  });

  test('SIGTERM while it waits ends it', async () => {
    const { child, ran } = startSeed(['backup', '--to', folder, '--every', '1h'], { DATABASE_URL: database.url });
    going.push({ abort: () => child.kill('SIGKILL') });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await ran).toMatchObject({ exitCode: 0 });
    expect(await namesIn()).toHaveLength(1);
  });
});

test('a duration is a number and a unit', () => {
  expect(['1s', '30m', '1h', '7d'].map(parseDuration)).toEqual([1_000, 1_800_000, 3_600_000, 604_800_000]);
  for (const text of ['', '0h', '1', 'h', '1.5h', '-1h', '1w', '1h30m', ' 1h'])
    expect(() => parseDuration(text)).toThrow();
});
