import { afterEach, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { send } from '../api/api.js';

let database: TestDatabase | undefined;

afterEach(async () => {
  await stopServers();
  await database?.drop();
});

const REPLAYS = '/v1/admin/replays';

async function post({ url }: RunningServer, path: string, body: object) {
  const reply = await send(url + path, 'POST', body);
  expect([path, reply.status < 300]).toEqual([path, true]);
  return reply.body;
}

/** A log of so many events that a replay takes a while. */
async function fill(server: RunningServer): Promise<void> {
  await post(server, '/v1/timelines', { name: 'T', clock: 'virtual', startAt: '2026-01-01T00:00:00Z' });
  await post(server, '/v1/timelines/T/agents', { agentId: 'ann', deposit: '1000' });
  const commands = Array.from({ length: 5_000 }, () => ({
    type: 'DepositFunds',
    data: { agentId: 'ann', amount: '1' },
  }));
  for (let batch = 0; batch < 8; batch += 1) await post(server, '/v1/timelines/T/commands', { commands });
}

test('the replays of a server that is killed are finished by the other one', async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, env: { REPLAYS_MAX: '1' } };
  const doomed = await startServer(options);
  await doomed.ready();
  const other = await startServer(options);
  await other.ready();
  await fill(doomed);
  const writerOf = async ({ url }: RunningServer): Promise<string> =>
    (await send(`${url}/v1/admin/status`, 'GET')).body.writer;
  const [theirs, ours] = [await writerOf(doomed), await writerOf(other)];
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    ids.push((await post(doomed, REPLAYS, { timeline: 'T', mode: n % 2 === 0 ? 'verify' : 'rebuild' })).id);
  }
  const all = async () => (await send(`${other.url}${REPLAYS}`, 'GET')).body.items;
  const isTheirs = ({ status, owner }: { status: string; owner: string | null }): boolean =>
    status === 'running' && owner === theirs;

  await until(async () => (await all()).some(isTheirs));
  doomed.kill('SIGKILL');
  await doomed.exited;
  const orphans = (await all()).filter(isTheirs);
  // The fault fired: it was killed in the middle of a replay.
  expect(orphans.length).toBe(1);

  await until(async () => (await all()).every(({ status }: { status: string }) => status !== 'running'), 50_000);
  const finished = await all();
  expect(finished.map(({ id }: { id: string }) => id).sort()).toEqual([...ids].sort());
  for (const replay of finished) expect(replay).toMatchObject({ status: 'completed', matches: true });
  const orphan = finished.find(({ id }: { id: string }) => id === orphans[0].id);
  expect(orphan).toMatchObject({ owner: ours, attempts: 2, version: orphan.of });
  const state = (await send(`${other.url}/v1/timelines/T/state`, 'GET')).body;
  expect(orphan.stateHash).toBe(state.stateHash);
});
