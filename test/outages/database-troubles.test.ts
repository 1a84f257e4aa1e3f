import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import type { EmbeddedPostgres } from '#embedded-postgres';
import { seed } from '../admin/seed-line.js';
import { startTestPostgres } from '../postgres.js';
import { health, register } from '../process/requests.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { Proxy } from '../torture/proxy.js';

jest.setTimeout(120_000);

let postgres: EmbeddedPostgres;
let proxy: Proxy;
let server: RunningServer;
let owner: Client;

beforeAll(async () => {
  postgres = await startTestPostgres();
  proxy = await Proxy.open(postgres.url);
  server = await startServer({ databaseUrl: proxy.url });
  await server.ready();
  owner = new Client({ connectionString: postgres.url });
  await owner.connect();
});

afterAll(async () => {
  await stopServers();
  await proxy.close();
  await owner.end();
  await postgres.stop();
});

const databaseName = (): string => new URL(postgres.url).pathname.slice(1);

/** The lines that tell of one trouble: its beginnings and its ends. */
const told = (trouble: string) => server.logged().filter((line) => line['trouble'] === trouble);

const isTold = (trouble: string, lines: number): Promise<void> => until(() => told(trouble).length >= lines);

const reload = async (setting: string, value: string): Promise<void> => {
  await owner.query(`alter system set ${setting} = ${value}`);
  await owner.query('select pg_reload_conf()');
};

/** What a change is answered, and in which words. */
async function change(agentId: string): Promise<readonly [status: number, detail: unknown]> {
  const response = await fetch(`${server.url}/v1/timelines/REALITY/agents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agentId }),
    signal: AbortSignal.timeout(30_000),
  });
  return [response.status, ((await response.json()) as { readonly detail?: unknown }).detail];
}

const statusOf = async (): Promise<Readonly<Record<string, unknown>>> =>
  (await (await fetch(`${server.url}/v1/admin/status`)).json()) as Readonly<Record<string, unknown>>;

test('a database that is lost is one line with its cause, and its return one with how long it was', async () => {
  proxy.repoint('postgresql://127.0.0.1:1');
  await isTold('away', 1);
  await until(async () => (await health(server.url, '/health/ready')).httpStatus === 503);
  proxy.repoint(postgres.url);
  await isTold('away', 2);
  await until(async () => (await health(server.url, '/health/ready')).httpStatus === 200);
  const [lost, back] = told('away');
  expect(lost?.msg).toMatch(/^The database is away: .* \(.+\)\.$/);
  expect(back?.msg).toMatch(/^The database is back, after \d+\.\d s\.$/);
  expect(told('away')).toHaveLength(2);
  expect(server.output()).not.toContain('an idle database connection broke');
});

test.each<[how: string, begin: () => Promise<unknown>, end: () => Promise<unknown>]>([
  [
    'for the whole server',
    () => reload('default_transaction_read_only', 'on'),
    async () => {
      await owner.query('set default_transaction_read_only = off');
      await reload('default_transaction_read_only', 'off');
    },
  ],
  [
    'for the sessions to come',
    () => owner.query(`alter database ${databaseName()} set default_transaction_read_only = on`),
    () => owner.query(`alter database ${databaseName()} reset default_transaction_read_only`),
  ],
])('a database that is read-only %s is degraded, ready for reads alone, and told once', async (how, begin, end) => {
  const before = told('read-only').length;
  await begin();
  await isTold('read-only', before + 1);
  await until(async () => (await health(server.url, '/health/ready')).httpStatus === 503);
  expect(await health(server.url)).toMatchObject({ httpStatus: 200, status: 'degraded', database: 'ok' });
  expect((await health(server.url, '/health/ready?for=reads')).httpStatus).toBe(200);
  expect(await statusOf()).toMatchObject({ databaseAvailable: true, databaseReadOnly: true });
  const doctor = await seed(['doctor', '--json'], { DATABASE_URL: postgres.url });
  expect(doctor.json.checks).toContainEqual(expect.objectContaining({ check: 'writes', status: 'fail' }));
  if (how === 'for the whole server')
    expect(await change('refused')).toEqual([503, expect.stringContaining('takes no changes')]);
  await end();
  await isTold('read-only', before + 2);
  await until(async () => (await health(server.url, '/health/ready')).httpStatus === 200);
  expect(told('read-only')).toHaveLength(before + 2);
  expect(told('read-only').at(-1)?.msg).toMatch(/^The database takes changes again, after \d+\.\d s\.$/);
  expect(await register(server.url, `after-${before}`)).toBe(201);
});

test('a lock that others hold is told as that, and not as a lost database', async () => {
  const away = told('away').length;
  await owner.query('begin');
  await owner.query("select from timeline where name = 'REALITY' for update");
  expect(await change('waits')).toEqual([503, expect.stringContaining('Others held')]);
  await owner.query('rollback');
  await isTold('locked', 2);
  expect(told('locked')[0]?.msg).toMatch(/\(.*lock timeout\)\.$/);
  expect(told('away')).toHaveLength(away);
  expect((await change('waits'))[0]).toBe(201);
});

test('a synchronous standby that is demanded and not there is told, shown and found', async () => {
  await reload('synchronous_standby_names', "'nobody'");
  await isTold('no-standby', 1);
  expect(await statusOf()).toMatchObject({ standbyMissing: true });
  expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^seed_standby_missing 1$/m);
  // As a cluster manager does that would rather go on without: from then on commits wait for nobody.
  await reload('synchronous_standby_names', "''");
  expect(await register(server.url, 'on-one-machine')).toBe(201);
  expect(await statusOf()).toMatchObject({ standbyMissing: true });
  expect(told('no-standby')).toHaveLength(1);
});
