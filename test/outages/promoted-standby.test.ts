import { afterEach, expect, test } from '@jest/globals';
import type { EmbeddedPostgres } from '#embedded-postgres';
import { openStandby, type Standby } from '../faults/standby.js';
import { startTestPostgres } from '../postgres.js';
import { health, missing, startLoad } from '../process/requests.js';
import { startServer, stopServers, until } from '../server.js';
import { Proxy } from '../torture/proxy.js';

let postgres: EmbeddedPostgres;
let proxy: Proxy;
let standby: Standby | undefined;

afterEach(async () => {
  await stopServers();
  await proxy.close();
  await standby?.stop();
  await postgres.stop();
});

test('when a synchronous standby is promoted nothing that was acknowledged is lost', async () => {
  postgres = await startTestPostgres();
  proxy = await Proxy.open(postgres.url);
  const server = await startServer({ databaseUrl: proxy.url });
  await server.ready();
  const { url } = server;
  const load = startLoad(url);
  await until(() => load.acknowledged() > 50);
  standby = await openStandby(postgres);
  const acknowledgedBefore = load.acknowledged();
  await until(() => load.acknowledged() > acknowledgedBefore + 200);
  process.kill(postgres.pid() ?? 0, 'SIGKILL');
  // The address leads there too early: a standby is not asked, for it may not show yet what was acknowledged.
  proxy.repoint(standby.url);
  await postgres.stop();
  await until(async () => (await health(url, '/health/ready')).httpStatus === 503);
  const early = await fetch(`${url}/v1/timelines/REALITY/agents/load-0-0`);
  expect([early.status, early.headers.has('seed-stale-ms')]).toEqual([200, true]);
  await standby.promote();
  const promotedMs = performance.now();
  await until(async () => (await health(url, '/health/ready')).httpStatus === 200);
  expect(performance.now() - promotedMs).toBeLessThan(10_000);
  const acknowledgedThere = load.acknowledged();
  await until(() => load.acknowledged() > acknowledgedThere + 50);
  const { acknowledged, statuses } = await load.stop();
  expect(await missing(url, acknowledged)).toEqual([]);
  expect([...statuses.keys()].filter((status) => ![201, 409, 503].includes(status ?? 0))).toEqual([]);
  const proof = (await (await fetch(`${url}/v1/admin/verify/REALITY`)).json()) as { readonly valid: boolean };
  expect(proof.valid).toBe(true);
});
