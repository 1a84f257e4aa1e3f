import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findEmbeddedPostgres } from '#embedded-postgres';
import type { Check } from '../../apps/admin/doctor/check.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, temporaryDataDir } from '../server.js';
import { legacyFolder, removeLegacyFolders, seed, seedProcess } from './seed-line.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await stopServers();
  await removeLegacyFolders();
  await database.drop();
});

const nobody = 'postgresql://seed:hush-hush@127.0.0.1:9/seed';

describe('help', () => {
  test('tells the exit codes and gives examples, without settings', async () => {
    const { exitCode, out } = await seed(['--help'], { PORT: 'none' });
    expect(exitCode).toBe(0);
    for (const words of [
      'backup',
      'export',
      'import',
      'import-legacy',
      'migrate',
      'status',
      'Exit codes:',
      'Examples:',
    ])
      expect(out).toContain(words);
  });

  test.each(['backup', 'export', 'import', 'import-legacy', 'migrate', 'status'])(
    'of %s has examples',
    async (command) => {
      const { exitCode, out } = await seed([command, '--help'], {});
      expect([exitCode, out]).toEqual([0, expect.stringContaining('Examples:')]);
    },
  );
});

describe('a line that cannot be understood ends with 2:', () => {
  test.each<[string, readonly string[]]>([
    ['no command', []],
    ['an unknown one', ['improt-legacy']],
    ['no folder', ['import-legacy', '--timeline', 'OLD']],
    ['no timeline', ['import-legacy', 'data']],
    ['a timeline without a name', ['import-legacy', 'data', '--timeline', 'my timeline']],
    ['a clock of no kind', ['import-legacy', 'data', '--timeline', 'OLD', '--clock', 'sun']],
    ['an offset that is none', ['import-legacy', 'data', '--timeline', 'OLD', '--utc-offset', '+5']],
    ['an offset beyond the world', ['import-legacy', 'data', '--timeline', 'OLD', '--utc-offset', '+15:00']],
    ['a server that is no URL', ['status', '--server', 'localhost:8000']],
    ['an unknown option', ['status', '--yaml']],
    ['no archive', ['import']],
    ['a folder of backups without a name', ['backup', 'list']],
  ])('%s', async (_what, words) => {
    const { exitCode, out, err } = await seed(words, { DATABASE_URL: nobody });
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });

  test('settings that cannot be accepted', async () => {
    const { exitCode, err } = await seed(['status'], { PORT: 'many' });
    expect([exitCode, err]).toEqual([2, expect.stringContaining('PORT is "many"')]);
  });
});

describe('in production, without DATABASE_URL and DATA_DIR,', () => {
  const environment = { ENVIRONMENT: 'production' };

  test('doctor looks at the server that is named, and at no database', async () => {
    const { exitCode, json } = await seed(['doctor', '--server', 'http://127.0.0.1:9', '--json'], environment);
    const found = json.checks.map(({ check, status }: Check) => `${check} ${status}`);
    expect([exitCode, found]).toEqual([1, ['Node ok', 'settings ok', 'server fail']]);
  });

  test('a command that needs a database says so', async () => {
    const { exitCode, err } = await seed(['status'], environment);
    expect([exitCode, err]).toEqual([2, expect.stringMatching(/^Neither DATABASE_URL nor DATA_DIR is given/)]);
  });
});

describe('a database that does not answer ends with 3:', () => {
  test.each(['migrate', 'status', 'import'])('%s', async (command) => {
    const words = command === 'import' ? ['import-legacy', await legacyFolder(), '--timeline', 'OLD'] : [command];
    const { exitCode, out, err } = await seed(words, { DATABASE_URL: nobody });
    expect(exitCode).toBe(3);
    expect(out + err).toContain('does not answer');
    expect(out + err).not.toContain('hush-hush');
  });
});

test('the database is migrated once, and its status tells', async () => {
  const environment = { DATABASE_URL: database.url };
  const before = await seed(['status', '--json'], environment);
  expect([before.exitCode, before.json.database.state]).toEqual([1, 'not up to date']);
  expect((await seed(['status'], environment)).out).toContain('to be migrated: ');

  const first = await seed(['migrate', '--json'], environment);
  expect([first.exitCode, first.json.applied]).toEqual([0, before.json.database.migrations.pending]);
  expect((await seed(['migrate'], environment)).out).toContain('is up to date.');

  await seed(['import-legacy', await legacyFolder(), '--timeline', 'OLD'], environment);
  const { exitCode, json } = await seed(['status', '--json'], environment);
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({ server: null, database: { state: 'up to date', migrations: { pending: [] } } });
  expect(json.database.timelines).toMatchObject([{ name: 'OLD', version: 105, parent: null }]);
  expect((await seed(['status'], environment)).out).toContain('  OLD, version 105\n');
});

test('an embedded PostgreSQL that does not run is started for a command, and stopped after it', async () => {
  const environment = { DATA_DIR: await temporaryDataDir() };
  const words = ['import-legacy', await legacyFolder(), '--timeline', 'OLD', '--json'];
  const first = await seedProcess(words, environment);
  expect([first.exitCode, first.json.already]).toEqual([0, false]);
  expect(first.err).toContain('is started for the time of this command');
  expect(await findEmbeddedPostgres(environment.DATA_DIR)).toBeUndefined();

  const status = await seedProcess(['status'], environment);
  expect([status.exitCode, status.out]).toEqual([3, expect.stringContaining('no PostgreSQL runs in')]);

  const second = await seedProcess(words, environment);
  expect([second.exitCode, second.json.already]).toEqual([0, true]);
  expect(await findEmbeddedPostgres(environment.DATA_DIR)).toBeUndefined();
});

test('the embedded PostgreSQL of a server that is not found is used as it runs, and left running', async () => {
  const server = await startServer();
  await server.ready();
  const environment = { DATA_DIR: server.dataDir ?? '' };
  const words = ['import-legacy', await legacyFolder(), '--timeline', 'OLD', '--json'];
  const imported = await seed(words, environment);
  expect(imported).toMatchObject({ exitCode: 0, err: '', json: { already: false } });
  const shown = await (await fetch(`${server.url}/v1/timelines/OLD`)).json();
  expect(shown).toMatchObject({ name: 'OLD', clock: 'wall', stats: { marketsCreated: 40 } });
  expect((await seed(['status', '--json'], environment)).json.database.timelines).toMatchObject([
    { name: 'OLD' },
    { name: 'REALITY' },
  ]);
});
