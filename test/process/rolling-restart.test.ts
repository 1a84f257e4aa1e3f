import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type CuttingProxy, startCuttingProxy } from '../event-log/cutting-proxy.js';
import { freePort } from '../free-port.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { startBalancedLoad, startClient, startLoadBalancer, type LoadBalancer } from './load-balancer.js';

// Two servers start, and each is started again.
jest.setTimeout(300_000);
const waitMs = 90_000;

const timelines = Array.from({ length: 4 }, (_, n) => `T-${n}`);

let database: TestDatabase;
let proxy: CuttingProxy;
let balancer: LoadBalancer;
let ports: [number, number];
let servers: RunningServer[];

/** Two processes serve at the first port, one at the second. */
function start(n: number): Promise<RunningServer> {
  return startServer({
    databaseUrl: proxy.url,
    port: ports[n] ?? 0,
    workers: 2 - n,
    env: { SHUTDOWN_NOTICE_SECONDS: '2', FOLLOW_POLL_MS: '50' },
  });
}

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startCuttingProxy(database.url);
  ports = [await freePort(), await freePort()];
  servers = await Promise.all([start(0), start(1)]);
  balancer = await startLoadBalancer(ports);
  await until(async () => (await balancer.up('seed')).length === 2, waitMs);
});

afterAll(async () => {
  await stopServers();
  await proxy.close();
  await balancer.close();
  await database.drop();
});

describe('behind HAProxy', () => {
  test('two servers are restarted one after the other, and no request fails', async () => {
    const client = startClient(balancer.url);
    for (const name of timelines)
      expect((await client.ask('POST', '/v1/timelines', { name, clock: 'wall' })).status).toBe(201);
    const load = startBalancedLoad(balancer.url, timelines);
    for (const [n, server] of servers.entries()) {
      await until(async () => ((await balancer.requests())[n] ?? 0) > 20, waitMs);
      server.kill('SIGTERM');
      expect(await server.exited).toBe(0);
      servers[n] = await start(n);
      await until(async () => (await balancer.up('seed')).length === 2, waitMs);
    }
    const { acknowledged, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(await missing(acknowledged)).toEqual([]);
    client.close();
  });

  test('reads are answered while the database is away, and commands refused by a server', async () => {
    const client = startClient(balancer.url);
    proxy.refuse(true);
    proxy.cutAll();
    await until(async () => (await balancer.up('seed')).length === 0);
    expect(await balancer.up('seed_degraded')).toEqual(['a', 'b']);
    const read = await client.ask('GET', '/v1/timelines/T-0');
    expect(read).toMatchObject({ status: 200, headers: { 'seed-stale-ms': expect.any(String) } });
    const refused = await client.ask('POST', '/v1/timelines/T-0/agents', { agentId: 'late', deposit: '1' });
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'content-type': /problem/, 'retry-after': expect.any(String) },
    });
    proxy.refuse(false);
    await until(async () => (await balancer.up('seed')).length === 2, waitMs);
    client.close();
  });
});

/** Those of the agents that their timelines do not know. */
async function missing(expected: readonly { timeline: string; agentId: string }[]): Promise<string[]> {
  const known = new Set<string>();
  for (const timeline of timelines) {
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const response = await fetch(`${balancer.url}/v1/timelines/${timeline}/agents?limit=1000${query}`);
      const page = (await response.json()) as { items: { agentId: string }[]; nextCursor: string | null };
      for (const { agentId } of page.items) known.add(`${timeline}/${agentId}`);
      cursor = page.nextCursor;
    }
  }
  return expected.map(({ timeline, agentId }) => `${timeline}/${agentId}`).filter((name) => !known.has(name));
}
