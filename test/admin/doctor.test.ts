import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { ACCESS_SECRET } from '../access-secret.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { createVirtual, openTestProcess } from '../runtime/harness.js';
import { startServer, stopServers, temporaryDataDir } from '../server.js';
import { NOBODY } from './laboratory.js';
import { seed, type Ran } from './seed-line.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());
afterAll(stopServers);

/** How each thing that was looked at is, by its name. */
function statuses({ json }: Ran): Readonly<Record<string, string>> {
  return Object.fromEntries(json.checks.map(({ check, status }: { check: string; status: string }) => [check, status]));
}

const doctor = (environment: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<Ran> =>
  seed(['doctor', '--json', ...more], environment);

/** Appends an event as a build might that this one knows nothing of. */
async function appendUnknown(timeline: string): Promise<void> {
  const process = await openTestProcess(database.url);
  const { log } = process;
  const record = await log.findTimeline(timeline);
  if (record === undefined) throw new Error(`no timeline ${timeline}`);
  const { timelineId, head: expected, last } = record;
  const event = {
    type: 'MoonLanded',
    schemaVersion: 1,
    atMs: last.atMs,
    commandId: randomUUID(),
    actor: 'newer',
    data: '{}',
  };
  await log.append({ timelineId, expected, events: [event], keys: [], recordedAtMs: 0, writer: 'newer' });
  await process.stop();
}

describe('without a server', () => {
  test('a database of this build is well, but for a test server’s fsync', async () => {
    await (await openTestProcess(database.url)).stop();
    const ran = await doctor({ DATABASE_URL: database.url });
    expect([ran.exitCode, ran.err, ran.json.healthy]).toEqual([0, '', true]);
    expect(statuses(ran)).toEqual({
      ...{ Node: 'ok', settings: 'ok', database: 'ok', migrations: 'ok', PostgreSQL: 'ok', durability: 'warn' },
      ...{ writes: 'ok', 'data checksums': 'ok', 'writer role': 'ok', clock: 'ok', server: 'ok', timelines: 'ok' },
      rows: 'ok',
    });
    for (const { status, advice } of ran.json.checks) expect(advice === null).toBe(status === 'ok');
    const { out } = await seed(['doctor'], { DATABASE_URL: database.url });
    expect(out).toMatch(/^warn {2}durability: fsync off, .*Set all three to on: .*\.$/m);
    for (const line of out.trimEnd().split('\n')) expect(line).toMatch(/^(ok|warn|fail) {2,4}\S.*\.$/);
  });

  test('in production, what may lose commits is a failure', async () => {
    await (await openTestProcess(database.url)).stop();
    const ran = await doctor({ DATABASE_URL: database.url, ENVIRONMENT: 'production', ACCESS_SECRET });
    expect([ran.exitCode, ran.json.healthy, statuses(ran)['durability']]).toEqual([1, false, 'fail']);
  });

  test('a database that is not migrated is told, and not migrated', async () => {
    const both = [await doctor({ DATABASE_URL: database.url }), await doctor({ DATABASE_URL: database.url })];
    for (const ran of both) expect([ran.exitCode, statuses(ran)['migrations']]).toEqual([0, 'warn']);
  });

  test('a database whose encoding is not UTF8 is a failure, and so is what refuses writes', async () => {
    await (await openTestProcess(database.url)).stop();
    const client = new Client(database.url);
    await client.connect();
    const name = new URL(database.url).pathname.slice(1);
    await client.query(`alter database ${name} set default_transaction_read_only = on`);
    const readOnly = await doctor({ DATABASE_URL: database.url });
    expect([readOnly.exitCode, statuses(readOnly)['writes']]).toEqual([1, 'fail']);
    await client.query('set default_transaction_read_only = off');
    await client.query(`create database ${name}_latin encoding 'LATIN1' locale 'C' template template0`);
    const latin = await doctor({ DATABASE_URL: `${database.url}_latin` });
    expect([latin.exitCode, statuses(latin)['PostgreSQL']]).toEqual([1, 'fail']);
    expect(latin.out).toContain('Seed needs UTF8: make one with');
    await client.query(`drop database ${name}_latin with (force)`);
    await client.end();
  });

  test('a clock that is far from the database’s is a failure, one that is a little off a warning', async () => {
    await (await openTestProcess(database.url)).stop();
    const at = async (offset: string) => {
      const ran = await doctor({ DATABASE_URL: database.url, CLOCK_OFFSET_MS: offset });
      return [ran.exitCode, statuses(ran)['clock']];
    };
    expect(await at('-3000')).toEqual([0, 'warn']);
    expect(await at('60000')).toEqual([1, 'fail']);
  });

  test('a timeline that this build cannot read is a failure that names it and where', async () => {
    const process = await openTestProcess(database.url);
    await createVirtual(process, 'GOOD');
    await createVirtual(process, 'NEWER');
    await process.stop();
    await appendUnknown('NEWER');
    const ran = await doctor({ DATABASE_URL: database.url });
    expect([ran.exitCode, statuses(ran)['timelines']]).toEqual([1, 'fail']);
    const { found } = ran.json.checks.find(({ check }: { check: string }) => check === 'timelines');
    expect(found).toMatch(/NEWER at version 2 .*MoonLanded/);
    expect(found).not.toContain('GOOD');
  });

  test('a database that does not answer is a failure, told without its password', async () => {
    const ran = await doctor({ DATABASE_URL: NOBODY });
    expect([ran.exitCode, statuses(ran)['database']]).toEqual([1, 'fail']);
    expect(ran.out + ran.err).not.toContain('hush-hush');
  });

  test('settings that cannot be read are a failure, and all that is told', async () => {
    const ran = await doctor({ PORT: 'many' });
    expect([ran.exitCode, statuses(ran)]).toEqual([1, { Node: 'ok', settings: 'fail' }]);
  });
});

test('each setting that is given is listed with where it comes from, and no secret', async () => {
  const settingOrigins = () => [
    { variable: 'PORT', from: '.env', value: '0' } as const,
    { variable: 'DATABASE_URL', from: 'environment', value: null } as const,
    { variable: 'WORKERS', from: 'default', value: null } as const,
  ];
  const { out } = await seed(
    ['doctor'],
    { DATABASE_URL: 'postgresql://seed:hush-hush@127.0.0.1:9/seed' },
    { settingOrigins },
  );
  expect(out).toMatch(/\n +PORT=0, from the file [.]env\n +DATABASE_URL=[(]not shown[)], from the environment\n$/);
});

describe('with a server', () => {
  test('its health is told, and the timelines that it stopped', async () => {
    const server = await startServer({ databaseUrl: database.url });
    await server.ready();
    const environment = { DATABASE_URL: database.url };
    const well = await doctor(environment, '--server', server.url);
    expect([well.exitCode, statuses(well)]).toEqual([0, expect.objectContaining({ server: 'ok', timelines: 'ok' })]);
    await appendUnknown('REALITY');
    await (await fetch(`${server.url}/v1/timelines/REALITY`)).text();
    const ill = await doctor(environment, '--server', server.url);
    expect([ill.exitCode, statuses(ill)]).toEqual([1, expect.objectContaining({ server: 'ok', timelines: 'fail' })]);
    const status = await seed(['status', '--server', server.url], environment);
    expect(status.out).toMatch(/^ {2}REALITY is stopped at version 2: .*MoonLanded/m);

    // Whoever only asks a server has no settings of a database.
    const elsewhere = { ENVIRONMENT: 'production' };
    const asked = await seed(['status', '--server', server.url], elsewhere);
    const said = /^Server .* degraded, .*\n {2}REALITY is stopped at version 2: .*\nDatabase +none is named here/;
    expect([asked.exitCode, asked.out]).toEqual([1, expect.stringMatching(said)]);
    expect(statuses(await doctor(elsewhere, '--server', server.url))).toEqual({
      Node: 'ok',
      settings: 'ok',
      server: 'ok',
      timelines: 'fail',
    });
  });

  test('one that does not answer where it was said to be is a failure', async () => {
    const ran = await doctor({ DATABASE_URL: database.url }, '--server', 'http://127.0.0.1:9');
    expect([ran.exitCode, statuses(ran)['server']]).toEqual([1, 'fail']);
  });
});

test('an embedded PostgreSQL that nobody manages any more is told, and left as it is', async () => {
  const environment = { DATA_DIR: await temporaryDataDir() };
  const nothing = await doctor(environment);
  expect([nothing.exitCode, statuses(nothing)]).toEqual([
    0,
    expect.objectContaining({ 'embedded PostgreSQL': 'ok', disk: 'ok', database: 'warn' }),
  ]);
  const server = await startServer({ dataDir: environment.DATA_DIR });
  await server.ready();
  const embedded = (ran: Ran) =>
    ran.json.checks.find(({ check }: { check: string }) => check === 'embedded PostgreSQL');
  expect(embedded(await doctor(environment))).toMatchObject({
    status: 'ok',
    found: expect.stringContaining(`${server.pid}`),
  });
  server.kill('SIGKILL');
  await server.exited;
  for (const ran of [await doctor(environment), await doctor(environment)]) {
    expect(embedded(ran)).toMatchObject({ status: 'warn', found: expect.stringContaining('nobody manages it') });
    expect(ran.exitCode).toBe(0);
  }
});
