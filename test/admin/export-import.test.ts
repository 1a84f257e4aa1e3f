import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '#event-log-postgres';
import { loadSettings, type Settings } from '#settings';
import { openTestApi, type TestApi } from '../api/api.js';
import { fillEconomy } from '../archives/archives.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { fingerprint, openTestProcess } from '../runtime/harness.js';
import { until } from '../server.js';
import { removeFolders, temporaryFolder, withLogOf } from './archives.js';
import { seed, startSeed, type Ran } from './seed-line.js';

const fixtures = join(import.meta.dirname, '../fixtures/logs');
const nobody = { DATABASE_URL: 'postgresql://seed:hush-hush@127.0.0.1:9/seed' };
const databases: TestDatabase[] = [];

/** As `test/fixtures/logs` keeps them, by timeline. */
type Hashes = Readonly<
  Record<string, { readonly chainHash: string; readonly stateHashes: Readonly<Record<string, string>> }>
>;

let api: TestApi;
/** Has the same timelines as `api`. */
let twin: TestDatabase;
let folder: string;
let archive: string;

async function newDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  api = await openTestApi();
  await api.createVirtual('T');
  for (let n = 0; n < 40; n += 1) await api.post('agents', { agentId: `agent-${n}`, deposit: '1000' });
  await api.post('forks', { name: 'F', at: 9 });
  await api.createVirtual('U');
  archive = join(folder, 'all.seed.gz');
  const made = await throughServer('export', archive, '--json');
  expect([made.exitCode, made.err]).toEqual([0, '']);
  twin = await newDatabase();
  await migrate(twin.url);
  expect((await onDatabase(twin, 'import', archive)).exitCode).toBe(0);
});

afterAll(async () => {
  await api.stop();
  await removeFolders();
  for (const database of databases) await database.drop();
});

/** The database is one that nobody could use: whatever succeeds went through the server. */
const throughServer = (...words: readonly string[]): Promise<Ran> => seed([...words, '--server', api.url], nobody);
const onDatabase = ({ url }: TestDatabase, ...words: readonly string[]): Promise<Ran> =>
  seed(words, { DATABASE_URL: url });

/** The names of a database's timelines; null where it was never migrated. */
async function timelinesIn({ url }: TestDatabase): Promise<readonly string[] | null> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query("select to_regclass('timeline') is not null as found");
    if (tables[0]?.found !== true) return null;
    return (await client.query<{ name: string }>('select name from timeline order by name')).rows.map(
      ({ name }) => name,
    );
  } finally {
    await client.end();
  }
}

describe('seed export', () => {
  test('tells of the file, its heads and its SHA-256, for people and for programs', async () => {
    const file = join(folder, 'told.seed.gz');
    const { exitCode, out, err } = await throughServer('export', file);
    expect([exitCode, err]).toEqual([0, '']);
    const bytes = await readFile(file);
    const { head } = await withLogOf(twin.url, (log) => log.findTimeline('T')).then((found) => found ?? { head: null });
    expect(out).toContain(`Exported through ${api.url} to ${file}:`);
    expect(out).toContain(`SHA-256    ${createHash('sha256').update(bytes).digest('hex')}\n`);
    expect(out).toContain(`    T  ${head?.version}:${head?.hash}\n`);
    expect((await stat(file)).mode & 0o077).toBe(0);
    const { json } = await throughServer('export', file, '--force', '--json');
    expect(json).toMatchObject({
      file,
      bytes: (await stat(file)).size,
      through: api.url,
      timelines: [
        {
          timeline: 'T',
          version: head?.version,
          chainHash: head?.hash,
          expect: `${head?.version}:${head?.hash}`,
          parent: null,
        },
        { timeline: 'F', parent: { name: 'T', version: 9 } },
        { timeline: 'U' },
      ],
    });
  });

  test('says the same on the database as through the server', async () => {
    const [served, direct] = [join(folder, 'served.seed.gz'), join(folder, 'direct.seed.gz')];
    const one = await throughServer('export', served, '--json');
    const other = await onDatabase(twin, 'export', direct, '--json');
    const alike = { file: '', bytes: 0, sha256: '', createdAt: '', through: '' };
    expect({ ...other.json, ...alike }).toEqual({ ...one.json, ...alike });
    const linesOf = async (file: string) =>
      gunzipSync(await readFile(file))
        .toString()
        .split('\n')
        .slice(1, -2);
    expect(await linesOf(direct)).toEqual(await linesOf(served));
    const [unknown, unknownDirect] = [
      await throughServer('export', join(folder, 'x'), '--timeline', 'NONE', '--json'),
      await onDatabase(twin, 'export', join(folder, 'x'), '--timeline', 'NONE', '--json'),
    ];
    expect(unknown).toMatchObject({ exitCode: 1, json: { error: { code: 'timeline-unknown' } } });
    expect(unknownDirect).toEqual(unknown);
  });

  test('of one timeline has its ancestry and no other', async () => {
    const { json } = await throughServer('export', join(folder, 'f.seed.gz'), '--timeline', 'F', '--json');
    expect(json.timelines).toMatchObject([{ timeline: 'T' }, { timeline: 'F' }]);
  });

  test('refuses a file that exists, a folder that does not, and what is no file; nothing is left behind', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    const file = join(own, 'there.seed.gz');
    await writeFile(file, 'precious');
    expect(await throughServer('export', file, '--json')).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'file-exists' } },
    });
    expect(await readFile(file, 'utf8')).toBe('precious');
    for (const path of [own, join(own, 'nowhere', 'a.seed.gz'), '/dev/null']) {
      const { exitCode, json } = await throughServer('export', path, '--force', '--json');
      expect([exitCode, json.error.code]).toEqual([1, 'file-unwritable']);
    }
    expect(await readdir(own)).toEqual(['there.seed.gz']);
    expect((await throughServer('export', file, '--force')).exitCode).toBe(0);
    expect(await readdir(own)).toEqual(['there.seed.gz']);
    expect((await throughServer('import', file, '--dry-run')).exitCode).toBe(0);
  });

  test('to standard output is the archive alone, and the answer is beside it', async () => {
    const pieces: Uint8Array[] = [];
    const outBytes = (bytes: Uint8Array): Promise<void> => Promise.resolve(void pieces.push(bytes));
    const words = ['export', '-', '--server', api.url, '--json'];
    const { exitCode, out, err } = await seed(words, nobody, { outBytes });
    const bytes = Buffer.concat(pieces);
    expect([exitCode, out]).toEqual([0, '']);
    expect(JSON.parse(err)).toMatchObject({ file: '-', bytes: bytes.length });
    await writeFile(join(folder, 'piped.seed.gz'), bytes);
    expect((await throughServer('import', join(folder, 'piped.seed.gz'), '--dry-run')).exitCode).toBe(0);
    expect(await seed(words, nobody)).toMatchObject({ exitCode: 2, out: '' });
    const broken = await seed(words, nobody, { outBytes: () => Promise.reject(new Error('write EPIPE')) });
    expect(broken).toMatchObject({ exitCode: 1, out: '' });
    expect(broken.err).toContain('output-unwritable');
  });

  test('that breaks off leaves no file', async () => {
    const bytes = await readFile(archive);
    const standIn = createServer((incoming, outgoing) => {
      if (incoming.url === '/health') {
        outgoing.end(JSON.stringify({ status: 'healthy', database: 'ok', version: '1.0.0' }));
        return;
      }
      outgoing.writeHead(200, { 'content-type': 'application/gzip' });
      outgoing.write(bytes.subarray(0, 1_000), () => outgoing.destroy());
    });
    standIn.listen(0, '127.0.0.1');
    await once(standIn, 'listening');
    const own = await temporaryFolder();
    const url = `http://127.0.0.1:${(standIn.address() as AddressInfo).port}`;
    const words = ['export', join(own, 'half.seed.gz'), '--server', url, '--json'];
    const { exitCode, json } = await seed(words, nobody);
    standIn.close();
    expect([exitCode, json.error.code]).toEqual([3, 'server-unavailable']);
    expect(await readdir(own)).toEqual([]);
  });

  test('of a log that was changed by hand is refused with the place, and leaves no file', async () => {
    const database = await newDatabase();
    await onDatabase(database, 'import', archive);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('alter table event disable trigger all');
    await client.query("update event set actor = 'nobody' where version = 5");
    await client.end();
    const own = await temporaryFolder();
    const { exitCode, json } = await onDatabase(database, 'export', join(own, 'a.seed.gz'), '--json');
    expect([exitCode, json.error.code]).toEqual([1, 'archive-damaged']);
    expect(json.error.message).toMatch(/timeline T, version \d+: versions 4 to 5 do not lead to their commit/);
    expect(await readdir(own)).toEqual([]);
  });

  test('of a database that was not migrated is refused', async () => {
    const { exitCode, json } = await onDatabase(await newDatabase(), 'export', join(folder, 'x'), '--json');
    expect([exitCode, json.error.code]).toEqual([1, 'database-not-migrated']);
  });
});

describe('seed import', () => {
  test('says the same on the database as through the server', async () => {
    const names = ['T', 'F', 'U'].flatMap((name) => ['--rename', `${name}=${name}2`]);
    const served = await throughServer('import', archive, ...names, '--json');
    expect(served).toMatchObject({
      exitCode: 0,
      err: '',
      json: {
        file: archive,
        dryRun: false,
        through: api.url,
        timelines: [{ timeline: 'T2', already: false }, { timeline: 'F2' }, { timeline: 'U2' }],
      },
    });
    const direct = await onDatabase(twin, 'import', archive, ...names, '--json');
    expect({ ...direct.json, through: api.url }).toEqual(served.json);
    const again = [
      await throughServer('import', archive, '--json'),
      await onDatabase(twin, 'import', archive, '--json'),
    ];
    for (const { json } of again)
      expect(json.timelines).toMatchObject([{ already: true }, { already: true }, { already: true }]);
    const { out } = await throughServer('import', archive);
    expect(out).toMatch('Its idempotency keys were left out');
    expect(out).toMatch('Access keys are in no archive');
    expect((await throughServer('import', archive, '--with-keys')).out).not.toMatch('were left out');
    expect(out).toMatch(/\n {4}U {2}1:[0-9a-f]{64}, was there already\n/);
  });

  test('refuses alike: a name that is taken, one that is not there, and two that would be one', async () => {
    const other = await openTestApi();
    await other.createVirtual('OTHER');
    const file = join(folder, 'other.seed.gz');
    await seed(['export', file, '--server', other.url], nobody);
    await other.stop();
    for (const [code, ...words] of [
      ['timeline-name-taken', file, '--rename', 'OTHER=T'],
      ['renaming-unknown', archive, '--rename', 'NONE=X'],
      ['renaming-ambiguous', archive, '--rename', 'T=U'],
    ] as const) {
      const served = await throughServer('import', ...words, '--json');
      expect([served.exitCode, served.json.error.code]).toEqual([1, code]);
      expect(await onDatabase(twin, 'import', ...words, '--json')).toEqual(served);
    }
    const taken = await throughServer('import', file, '--rename', 'OTHER=T');
    expect(taken.err).toContain('There is or was another timeline T; --rename T=NEW imports it under a new name.');
  });

  test('migrates an empty database first, and a dry run asks nobody', async () => {
    const database = await newDatabase();
    const dry = await onDatabase(database, 'import', archive, '--dry-run', '--rename', 'T=T3', '--json');
    expect(dry).toMatchObject({
      exitCode: 0,
      json: {
        dryRun: true,
        through: null,
        timelines: [{ timeline: 'T3', already: null }, { timeline: 'F' }, { timeline: 'U' }],
      },
    });
    expect(await seed(['import', archive, '--dry-run'], nobody)).toMatchObject({ exitCode: 0, err: '' });
    expect(await timelinesIn(database)).toBeNull();
    expect((await onDatabase(database, 'import', archive)).exitCode).toBe(0);
    expect(await timelinesIn(database)).toEqual(['F', 'T', 'U']);
  });

  test('of a file that is cut off or altered is refused with the place, and nothing of it is there', async () => {
    const database = await newDatabase();
    const bytes = await readFile(archive);
    const lines = gunzipSync(bytes).toString().split('\n');
    const altered = lines.map((line) => (line.includes('[[4,') ? line.replace('agent-1', 'agent-X') : line));
    const before = (await api.get('/v1/timelines')).text;
    for (const [name, content, place] of [
      [
        'cut',
        bytes.subarray(0, bytes.length - 200),
        /is damaged: line \d+, timeline [TFU], version \d+: the archive is cut off/,
      ],
      ['cut-tail', bytes.subarray(0, -1), /is damaged: line \d+: the file is cut off/],
      [
        'altered',
        gzipSync(altered.join('\n')),
        /is damaged: line \d+, timeline T, version 4: versions 4 to 5 do not lead/,
      ],
      ['empty', Buffer.alloc(0), /is damaged: line 1: the archive is cut off/],
    ] as const) {
      const file = join(folder, `${name}.seed.gz`);
      await writeFile(file, content);
      for (const words of [[], ['--dry-run']]) {
        const served = await throughServer('import', file, '--rename', 'T=NEW', '--json', ...words);
        expect([served.exitCode, served.json.error.code]).toEqual([1, 'archive-damaged']);
        expect(served.json.error.message).toMatch(place);
        expect(await onDatabase(database, 'import', file, '--rename', 'T=NEW', '--json', ...words)).toEqual(served);
      }
    }
    expect(await timelinesIn(database)).toBeNull();
    expect((await api.get('/v1/timelines')).text).toBe(before);
  });

  test.each([
    ['changed', 'archive-damaged', (file: string) => writeFileSync(file, gzipSync('{}'))],
    ['removed', 'file-unreadable', (file: string) => rmSync(file, { force: true })],
  ])('of a file that is %s once it was checked is refused', async (_what, code, change) => {
    const database = await newDatabase();
    const file = join(await temporaryFolder(), 'a.seed.gz');
    await copyFile(archive, file);
    // Which database it is is asked for between the two.
    const settings = loadSettings({ PORT: '0', DATABASE_URL: database.url });
    const readSettings = () =>
      new Proxy(settings, {
        get(target, name: keyof Settings) {
          if (name === 'databaseUrl') change(file);
          return target[name];
        },
      });
    const { exitCode, json } = await seed(['import', file, '--json'], {}, { readSettings });
    expect([exitCode, json.error.code]).toEqual([1, code]);
    expect(await timelinesIn(database)).toEqual([]);
  });

  test('of what cannot be read is refused, and a line that cannot be understood too', async () => {
    const missing = await throughServer('import', join(folder, 'missing'), '--json');
    expect([missing.exitCode, missing.json.error.code]).toEqual([1, 'file-unreadable']);
    expect((await throughServer('import', folder, '--json')).json.error.code).toBe('file-unreadable');
    for (const rename of ['T', 'T=', '=T', 'T=a b', 'T=A=B'])
      expect((await throughServer('import', archive, '--rename', rename)).exitCode).toBe(2);
    expect((await throughServer('import', archive, '--rename', 'T=A', '--rename', 'T=B')).exitCode).toBe(2);
    expect((await seed(['import', archive, '--server', 'http://127.0.0.1:9'], {})).exitCode).toBe(3);
  });

  test('through a server that takes no file of that size says what to do', async () => {
    const small = await openTestApi({}, { IMPORT_MAX_BYTES: '100' });
    const { exitCode, err } = await seed(['import', archive, '--server', small.url], nobody);
    await small.stop();
    expect([exitCode, err]).toEqual([1, expect.stringContaining('Without a server there is no such limit.')]);
  });

  test('killed in the middle leaves nothing, and the same command again imports all', async () => {
    const large = await newDatabase();
    const source = await newDatabase();
    const file = join(folder, 'large.seed.gz');
    await migrate(source.url);
    await withLogOf(source.url, async (log) => {
      await fillEconomy(log, 'LONG', new Array<number>(30).fill(2_000));
    });
    expect((await onDatabase(source, 'export', file)).exitCode).toBe(0);
    await migrate(large.url);
    const watcher = new pg.Client({ connectionString: large.url });
    await watcher.connect();
    const doomed = startSeed(['import', file], { DATABASE_URL: large.url });
    await until(async () => {
      const { rows } = await watcher.query("select pg_relation_size('event') > 2000000 as begun");
      return rows[0]?.begun === true;
    });
    doomed.child.kill('SIGKILL');
    await doomed.ran;
    await watcher.end();
    expect(await timelinesIn(large)).toEqual([]);
    expect(await onDatabase(large, 'import', file, '--json')).toMatchObject({
      exitCode: 0,
      json: { timelines: [{ timeline: 'LONG', version: 60_001, already: false }] },
    });
  });
});

test.each(['economy-1', 'ended-1', 'forks-1', 'legacy-1'])(
  'an archive of an earlier build, %s, is imported and has the states of then',
  async (name) => {
    const database = await newDatabase();
    expect(await onDatabase(database, 'import', join(fixtures, `${name}.seed.gz`))).toMatchObject({
      exitCode: 0,
      err: '',
    });
    const hashes = JSON.parse(await readFile(join(fixtures, `${name}.hashes.json`), 'utf8')) as Hashes;
    const process = await openTestProcess(database.url);
    for (const [timeline, { chainHash, stateHashes }] of Object.entries(hashes)) {
      const [version, hash] = Object.entries(stateHashes).at(-1) ?? [];
      expect(await fingerprint(process, timeline)).toEqual({ version: Number(version), hash });
      expect((await withLogOf(database.url, (log) => log.findTimeline(timeline)))?.head.hash).toBe(chainHash);
    }
    await process.stop();
  },
);
