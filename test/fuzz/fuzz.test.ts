import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { stopServers, until } from '../server.js';
import { judgeBroken } from './judge.js';
import { KEPT } from './kept.js';
import { fuzzGroup, type Outcome } from './run.js';
import { openScene, type AccessMode, type Scene } from './scene.js';
import { BrokenLines } from './wire.js';

const SEED = 11;
/** Two blocks, one of which holds nothing that could be accepted. */
const REQUESTS = 400;

const GROUPS = [
  ...['admin', 'agents', 'batches', 'documents', 'events', 'forks', 'health', 'markets', 'problems', 'states'],
  ...['timelines', 'world', 'yield'],
];

const databases: TestDatabase[] = [];
let open: Scene;
let guarded: Scene;

beforeAll(async () => {
  databases.push(await createTestDatabase(), await createTestDatabase());
  const [first = '', second = ''] = databases.map(({ url }) => url);
  [open, guarded] = await Promise.all([openScene(first, false), openScene(second, true)]);
});

afterAll(async () => {
  await stopServers();
  await Promise.all(databases.map((database) => database.drop()));
});

const fuzzed = (scene: Scene, group: string, mode: AccessMode, requests: number): Promise<Outcome> =>
  fuzzGroup(scene, { seed: SEED, group, from: 0, requests, mode });

test('the groups are those of the reference', () => {
  expect(open.reference.groups).toEqual(GROUPS);
});

describe(`${REQUESTS} requests of each group have no 5xx, only replies that the reference describes, and no effect if refused`, () => {
  test.each(GROUPS)('%s', async (group) => {
    const outcome = await fuzzed(open, group, 'open', REQUESTS);
    expect(outcome.failures.map(({ text }) => text)).toEqual([]);
    // A run that was refused throughout, or never, would prove nothing.
    expect(outcome.statuses['2xx']).toBeGreaterThan(REQUESTS / 40);
    expect(outcome.statuses['4xx']).toBeGreaterThan(REQUESTS / 4);
    expect(outcome.withoutEffect).toBeGreaterThanOrEqual(REQUESTS / 2);
  });

  test('and every timeline verifies afterwards', async () => {
    expect(await open.verify()).toEqual([]);
  });
});

describe('a protected server', () => {
  test.each(GROUPS)('%s, with no key and with a reader’s', async (group) => {
    const outcomes = [await fuzzed(guarded, group, 'none', 200), await fuzzed(guarded, group, 'reader', 200)];
    expect(outcomes.flatMap(({ failures }) => failures.map(({ text }) => text))).toEqual([]);
    expect(outcomes.map(({ withoutEffect }) => withoutEffect)).toEqual([200, 200]);
  });
});

test.each(KEPT)('$was: $status now', async ({ bytes, status }) => {
  const replies = await new BrokenLines(open.server.url, 10_000).send({
    bytes: Buffer.from(bytes, 'latin1'),
    end: 'half-closed',
  });
  expect(replies.map((reply) => [reply.status, judgeBroken(open.reference, reply)])).toEqual([[status, []]]);
});

test('a client that leaves in the middle of its archive is no fault of the server’s', async () => {
  const head =
    'POST /v1/admin/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/gzip\r\nContent-Length: 1000\r\n\r\n';
  const lines = new BrokenLines(open.server.url, 10_000);
  await lines.send({ bytes: Buffer.from(`${head}abc`), end: 'cut' });
  // One archive at a time: the next is read once the server has noticed.
  const whole = Buffer.from(`${head.replace('1000', '3')}abc`);
  await until(async () =>
    (await lines.send({ bytes: whole, end: 'half-closed' })).some(({ status }) => status === 400),
  );
  expect(open.server.logged().filter(({ level }) => level === 'error')).toEqual([]);
});
