import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keyIdOf } from '#access';
import { ACCESS_SECRET } from '../access-secret.js';
import { send } from '../api/api.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { launchServer, startServer, stopServers, until, type RunningServer } from '../server.js';
import { NOBODY } from './laboratory.js';
import { seed, seedProcess, type Ran } from './seed-line.js';

let database: TestDatabase;
let server: RunningServer;
/** The first key, which was made before the server was first started. */
let admin: string;
let folder: string;

const on = (...words: readonly string[]): Promise<Ran> => seed(words, { DATABASE_URL: database.url, ACCESS_SECRET });
/** Through the server, whose database the line could not use. */
const through = (key: string | null, ...words: readonly string[]): Promise<Ran> =>
  seed([...words, '--server', server.url], { DATABASE_URL: NOBODY, ...(key !== null && { SEED_KEY: key }) });

const statusWith = async (key: string): Promise<number> =>
  (await send(`${server.url}/v1/timelines`, 'GET', undefined, { authorization: `Bearer ${key}` })).status;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'seed-keys-'));
  const refusing = await launchServer({ databaseUrl: database.url, env: { ACCESS_SECRET } });
  expect(await refusing.exited).toBe(1);
  expect(refusing.output()).toContain('make one with `seed keys create NAME --role admin`, or give ADMIN_KEY.');
  const made = await on('keys', 'create', 'me', '--role', 'admin', '--json');
  expect(made.exitCode).toBe(0);
  admin = made.json.text;
  server = await startServer({ databaseUrl: database.url, workers: 2, env: { ACCESS_SECRET, HOST: '0.0.0.0' } });
  await server.ready();
});

afterAll(async () => {
  await stopServers();
  await database.drop();
  await rm(folder, { recursive: true });
});

test('a server does not start without a secret where others reach it, and says what to do', async () => {
  for (const env of [{ HOST: '0.0.0.0' }, { ENVIRONMENT: 'production', HOST: '127.0.0.1' }]) {
    const refusing = await launchServer({ databaseUrl: database.url, env });
    expect(await refusing.exited).toBe(1);
    expect(refusing.output()).toMatch(/ACCESS_SECRET is not given, .* `seed keys create NAME --role admin`/);
  }
});

test('the first key is an admin’s, and the server lets it in', async () => {
  expect(keyIdOf(admin)).toBeDefined();
  expect(await statusWith(admin)).toBe(200);
});

describe('a command line without a key', () => {
  test('is told how to bring one', async () => {
    for (const words of [
      ['forks'],
      ['state', 'REALITY'],
      ['keys', 'list'],
      ['audit'],
      ['export', join(folder, 'x.gz')],
    ]) {
      const ran = await through(null, ...words, '--json');
      expect({ words, exitCode: ran.exitCode, error: ran.json.error }).toMatchObject({
        exitCode: 1,
        error: { code: 'unauthenticated', message: expect.stringContaining('set SEED_KEY, or give --key-file') },
      });
    }
  });

  test('is told what its key does not allow', async () => {
    const { json } = await through(admin, 'keys', 'create', 'r', '--role', 'reader', '--json');
    expect((await through(json.text, 'state', 'REALITY')).exitCode).toBe(0);
    const ran = await through(json.text, 'keys', 'list', '--json');
    expect([ran.exitCode, ran.json.error.code]).toEqual([1, 'forbidden']);
  });
});

test('every command that asks a server shows the key, also one from a file', async () => {
  const file = join(folder, 'key');
  await writeFile(file, `${admin}\n`);
  for (const words of [
    ['forks'],
    ['state', 'REALITY'],
    ['state', 'REALITY', '--full'],
    ['events', 'REALITY'],
    ['verify', 'REALITY'],
    ['replay', 'REALITY'],
    ['label', 'REALITY', 'FIRST', '--at', '1'],
    ['fork', 'REALITY', 'K-1'],
    ['compare', 'REALITY', 'K-1'],
    ['export', join(folder, 'all.gz')],
    ['import', join(folder, 'all.gz')],
    ['forks', 'complete', 'K-1'],
    ['forks', 'remove', 'K-1', '--confirm', 'K-1'],
    ['keys', 'list'],
    ['audit'],
  ]) {
    const ran = await through(null, ...words, '--key-file', file);
    expect({ words, exitCode: ran.exitCode, err: ran.err.includes('unauthenticated') }).toEqual({
      words,
      exitCode: 0,
      err: false,
    });
  }
});

test.each([
  ['nothing', 'missing'],
  ['no key', 'empty'],
])('a key file that holds %s is refused', async (_what, name) => {
  await writeFile(join(folder, 'empty'), 'seed_nonsense\n');
  const ran = await through(null, 'forks', '--json', '--key-file', join(folder, name));
  expect([ran.exitCode, ran.json.error.code]).toEqual([2, 'key-file-invalid']);
});

test('the admin’s key of the settings is shown to the server of the settings alone', async () => {
  const port = new URL(server.url).port;
  const own = { ACCESS_SECRET, ADMIN_KEY: admin, PORT: port, HOST: '127.0.0.1', DATABASE_URL: NOBODY };
  expect((await seed(['forks'], own)).exitCode).toBe(0);
  const other = await seed(['forks', '--json', '--server', server.url], own);
  expect(other.json.error.code).toBe('unauthenticated');
});

describe.each([
  ['through the server', (...words: readonly string[]) => through(admin, ...words)],
  ['on the database', on],
])('%s', (_where, run) => {
  const isDirect = run === on;

  test('a key is made, listed, rotated and revoked', async () => {
    const line = ['keys', 'create', 'bots', '--role', 'operator', '--timeline', 'B-*', '--timeline', 'BOTS'];
    const made = await run(...line, '--expires', '90d', '--json');
    expect(made.json).toMatchObject({ key: { name: 'bots', role: 'operator', timelines: ['B-*', 'BOTS'] } });
    const { keyId } = made.json.key;
    await until(async () => (await statusWith(made.json.text)) === 200);

    const listed = await run('keys', 'list', '--json');
    expect(listed.json.items[0]).toEqual(made.json.key);
    expect(listed.out).not.toContain(made.json.text);

    const rotated = await run('keys', 'rotate', keyId, '--grace', '0s', '--json', '--reason', 'by schedule');
    expect(rotated.json).toMatchObject({ key: { principal: keyId, timelines: ['B-*', 'BOTS'] }, old: { keyId } });
    await until(async () => (await statusWith(made.json.text)) === 401);
    await until(async () => (await statusWith(rotated.json.text)) === 200);
    expect((await run('keys', 'rotate', keyId, '--json')).json.error.code).toBe('access-key-ended');

    const newId = rotated.json.key.keyId;
    const unconfirmed = await run('keys', 'revoke', newId, '--json');
    expect([unconfirmed.exitCode, unconfirmed.json.error.code]).toEqual([2, 'confirmation-missing']);
    const revoked = await run('keys', 'revoke', newId, '--confirm', newId, '--json', '--reason', 'a laptop — gone');
    expect(revoked.json).toMatchObject({ keyId: newId, revokedAt: expect.any(String) });
    await until(async () => (await statusWith(rotated.json.text)) === 401);

    const audit = async () => (await run('audit', '--limit', '3', '--json')).json.items;
    await until(async () => (await audit())[0].outcome !== null);
    const who = isDirect ? expect.stringMatching(/^os:/) : `key:${keyIdOf(admin) ?? ''}`;
    expect(await audit()).toMatchObject([
      { who, action: 'RevokeKey', target: newId, reason: 'a laptop — gone', outcome: 'done' },
      { who, action: 'RotateKey', target: keyId, outcome: 'access-key-ended' },
      { who, action: 'RotateKey', target: keyId, reason: 'by schedule', outcome: 'done' },
    ]);
  });

  test('a key is printed on a line of its own, once', async () => {
    const { out } = await run('keys', 'create', 'r', '--role', 'reader');
    const keys = out.split('\n').filter((line) => keyIdOf(line) !== undefined);
    expect(keys).toHaveLength(1);
    expect(out).toContain('It may: reader, all timelines');
  });

  test.each([
    [['--role', 'agent'], 'A key for an agent names the agent.'],
    [['--role', 'reader', '--agent', 'ann'], 'A key for a reader names no agent.'],
    [['--role', 'admin', '--timeline', 'T'], 'An admin is not limited'],
    [['--role', 'root'], 'Allowed choices are'],
    [['--role', 'reader', '--timeline', '*'], 'It has to be the name of a timeline'],
    [['--role', 'reader', '--expires', '2020-01-01T00:00:00Z'], 'It has to be in the future.'],
  ])('%j is refused', async (options, sentence) => {
    const { exitCode, err } = await run('keys', 'create', 'k', ...options);
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining(sentence) });
  });

  test('what is not there is told', async () => {
    for (const words of [
      ['rotate', 'none'],
      ['revoke', 'none', '--confirm', 'none'],
    ]) {
      const ran = await run('keys', ...words, '--json');
      expect([ran.exitCode, ran.json.error.code]).toEqual([1, 'access-key-unknown']);
    }
  });
});

test('what is done to timelines on the database is recorded too', async () => {
  await on('fork', 'REALITY', 'D-1', '--reason', 'a test');
  await on('forks', 'complete', 'D-1');
  await on('forks', 'remove', 'D-1', '--confirm', 'D-1', '--reason', 'over');
  await on('fork', 'NOWHERE', 'D-2');
  const { json } = await on('audit', '--limit', '4', '--json');
  expect(json.items).toMatchObject([
    { action: 'ForkTimeline', timeline: 'NOWHERE', target: 'D-2', outcome: 'timeline-unknown' },
    { action: 'RemoveTimeline', timeline: 'D-1', reason: 'over', outcome: 'done' },
    { action: 'CompleteTimeline', timeline: 'D-1', outcome: 'done' },
    { action: 'ForkTimeline', timeline: 'REALITY', target: 'D-1', reason: 'a test', outcome: 'done' },
  ]);
});

test('whoever has no key can make one on the database beside the server', async () => {
  const port = new URL(server.url).port;
  const environment = { DATABASE_URL: database.url, ACCESS_SECRET, PORT: port, HOST: '127.0.0.1' };
  const line = ['keys', 'create', 'rescue', '--role', 'admin', '--json'];
  expect((await seed(line, environment)).json.error.code).toBe('unauthenticated');
  const { json } = await seed([...line, '--database'], environment);
  await until(async () => (await statusWith(json.text)) === 200);
});

test('a key is not made without a secret to keep it under', async () => {
  const ran = await seed(['keys', 'create', 'k', '--role', 'reader', '--json'], { DATABASE_URL: database.url });
  expect([ran.exitCode, ran.json.error.code]).toEqual([2, 'access-open']);
});

test('a key for ADMIN_KEY is printed and stored nowhere, and the server takes it', async () => {
  const ran = await seedProcess(['keys', 'mint'], {});
  expect(ran.exitCode).toBe(0);
  const key = ran.out.trim();
  expect(keyIdOf(key)).toBeDefined();
  const fresh = await createTestDatabase();
  const other = await startServer({ databaseUrl: fresh.url, env: { ACCESS_SECRET, ADMIN_KEY: key } });
  await other.ready();
  const ask = (headers: Record<string, string>) => send(`${other.url}/v1/admin/keys`, 'GET', undefined, headers);
  expect(await ask({ authorization: `Bearer ${key}` })).toMatchObject({ status: 200, body: { items: [] } });
  expect((await ask({})).status).toBe(401);
  other.kill('SIGTERM');
  expect(await other.exited).toBe(0);
  await fresh.drop();
});
