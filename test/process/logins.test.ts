import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import type { EmbeddedPostgres } from '#embedded-postgres';
import { inspectServer } from '#event-log-postgres';
import { BUILD } from '#settings';
import { seed } from '../admin/seed-line.js';
import { startTestPostgres } from '../postgres.js';
import { startServer, stopServers, until } from '../server.js';
import { health, register } from './requests.js';

jest.setTimeout(120_000);

let postgres: EmbeddedPostgres;
let owner: string;
let app: string;

/** A server of its own: roles belong to all of it, and here nobody has made any. */
beforeAll(async () => {
  postgres = await startTestPostgres();
  await asSuperuser(`create role owner login createrole password 'of the owner'`);
  await asSuperuser('create database economy owner owner');
  await asSuperuser(`create role app login password 'of the app'`);
  owner = login('owner', 'of the owner');
  app = login('app', 'of the app');
});

afterAll(async () => {
  await stopServers();
  await postgres.stop();
});

function login(username: string, password: string): string {
  const url = new URL(postgres.url);
  Object.assign(url, { username, password, pathname: '/economy' });
  return url.href;
}

async function asSuperuser(statement: string): Promise<void> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

test('a login that owns nothing waits for somebody to migrate, and an owner that may make roles does all of it', async () => {
  const server = await startServer({ databaseUrl: app });
  await until(() => server.output().includes('run `seed migrate` as its owner'));
  expect(await health(server.url, '/health/ready')).toMatchObject({
    httpStatus: 503,
    status: 'starting',
    database: 'ok',
  });
  // What a Job does: the owner's login is nowhere else.
  const job = await seed(['migrate'], { DATABASE_URL: app, DATABASE_ADMIN_URL: owner });
  expect([job.exitCode, job.err]).toEqual([0, '']);
  await server.ready();
  expect(await register(server.url, 'by-the-app')).toBe(201);
  const doctor = await seed(['doctor', '--json'], { DATABASE_URL: app });
  expect(doctor.json.checks).toContainEqual(expect.objectContaining({ check: 'writer role', status: 'ok' }));
  const [started] = server.logged();
  const status = (await (await fetch(`${server.url}/v1/admin/status`)).json()) as Record<string, unknown>;
  expect([started?.['version'], started?.['commit']]).toEqual([status['release'], status['commit']]);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain(
    `seed_build_info{version="${BUILD.version}",commit="${(status['commit'] as string | null) ?? ''}"} 1`,
  );
  const owners = await startServer({ databaseUrl: owner });
  await owners.ready();
  expect(await register(owners.url, 'by-the-owner')).toBe(201);
  expect((await inspectServer(owner)).writerRole).toBe(true);
  expect(server.output() + owners.output()).not.toContain('seed_writer cannot be taken');
});

test('what doctor advises where the role was never made does not break the next start', async () => {
  await asSuperuser(`create role plain login password 'of the plain one'`);
  await asSuperuser('drop database economy with (force)');
  await asSuperuser('drop role if exists seed_writer');
  await asSuperuser('create database economy owner plain');
  const plain = login('plain', 'of the plain one');
  expect((await seed(['migrate'], { DATABASE_URL: plain })).exitCode).toBe(0);
  const advised = await seed(['doctor', '--json'], { DATABASE_URL: plain });
  const { advice } = advised.json.checks.find(({ check }: { check: string }) => check === 'writer role');
  expect(advice).toContain('create role seed_writer nologin');
  await asSuperuser('create role seed_writer nologin');
  await asSuperuser('grant seed_writer to plain');
  // Half of the advice: the role may do nothing yet. It is not taken, and the next start makes it whole.
  const server = await startServer({ databaseUrl: plain });
  await server.ready();
  expect(await register(server.url, 'as-before')).toBe(201);
  expect((await inspectServer(plain)).writerRole).toBe(true);
});
