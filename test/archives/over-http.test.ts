import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EventLog } from '#event-log';
import { openTestApi, type Reply, type TestApi } from '../api/api.js';
import { bend } from '../runtime/harness.js';
import { createTestDatabase } from '../postgres.js';
import { startServer, stopServers, until } from '../server.js';
import { fillTimeline } from './archives.js';

let source: TestApi;
let target: TestApi;
let archive: Buffer;

const gzip = { 'content-type': 'application/gzip' };
const put = (api: TestApi, body: unknown, query = ''): Promise<Reply> =>
  api.call('POST', `/v1/admin/import${query}`, body, gzip);

async function fetched(api: TestApi, path = '/v1/admin/export'): Promise<Buffer> {
  const response = await fetch(api.url + path);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

const bet = { agentId: 'ann', outcome: 'YES', amount: '50' };
let firstReply: Reply;

beforeAll(async () => {
  source = await openTestApi();
  target = await openTestApi({}, { IMPORT_MAX_BYTES: '1000000', STREAMS_MAX: '2' });
  await source.createVirtual('T');
  await source.post('agents', { agentId: 'ann', deposit: '1000' });
  await source.post('markets', { marketId: 'm', title: 'Rain?', expiresAt: '1971-01-01T00:00:00Z' });
  firstReply = await source.post('markets/m/bets', bet, { 'idempotency-key': 'the bet' });
  expect(firstReply.status).toBe(200);
  await source.createVirtual('U');
  archive = await fetched(source);
});

afterAll(async () => {
  await source.stop();
  await target.stop();
});

describe('what is exported and imported', () => {
  test('has the same chain and state hashes', async () => {
    const { status, body } = await put(target, archive, '?withKeys=true');
    expect(status).toBe(201);
    expect(body.timelines).toMatchObject([
      { timeline: 'T', already: false },
      { timeline: 'U', already: false },
    ]);
    for (const timeline of ['T', 'U']) {
      const [there, here] = await Promise.all(
        [source, target].map((api) => api.get(`/v1/timelines/${timeline}/state?full=true`)),
      );
      expect(here?.body.stateHash).toMatch(/^[0-9a-f]{64}$/);
      expect(here?.body).toEqual(there?.body);
      const [one, other] = await Promise.all([source, target].map((api) => api.get(`/v1/timelines/${timeline}`)));
      expect(other?.body).toEqual(one?.body);
    }
  });

  test('gives a retry with an old key its first reply', async () => {
    const again = await target.post('markets/m/bets', bet, { 'idempotency-key': 'the bet' });
    expect(again.text).toBe(firstReply.text);
    const otherBet = await target.post('markets/m/bets', { ...bet, amount: '51' }, { 'idempotency-key': 'the bet' });
    expect(otherBet).toMatchObject({ status: 409, body: { code: 'key-reused' } });
  });

  test('may be imported again, and under other names', async () => {
    expect((await put(target, archive)).body.timelines).toMatchObject([{ already: true }, { already: true }]);
    const reply = await put(target, archive, '?rename=T=T2&rename=U=U2&withKeys=true');
    expect(reply.body.timelines).toMatchObject([
      { timeline: 'T2', already: false },
      { timeline: 'U2', already: false },
    ]);
    const again = await target.post('/v1/timelines/T2/markets/m/bets', bet, { 'idempotency-key': 'the bet' });
    expect(again.text).toBe(firstReply.text);
  });

  test('goes on where it was', async () => {
    const reply = await target.post('agents/ann/deposits', { amount: '1' });
    expect(reply).toMatchObject({ status: 200, body: { version: firstReply.body.version + 1 } });
  });
});

describe('an export', () => {
  test('names its file, and may be of one timeline', async () => {
    const head = await fetch(`${source.url}/v1/admin/export?timeline=U`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-type')).toBe('application/gzip');
    expect(head.headers.get('content-disposition')).toBe('attachment; filename="U.seed.gz"');
    const only = await openTestApi();
    const reply = await put(only, await fetched(source, '/v1/admin/export?timeline=U'));
    expect(reply.body.timelines).toMatchObject([{ timeline: 'U' }]);
    await only.stop();
  });

  test('of a timeline that is not there is a problem', async () => {
    const unknown = { status: 404, body: { code: 'timeline-unknown' } };
    expect(await source.get('/v1/admin/export?timeline=NONE')).toMatchObject(unknown);
    expect((await source.get('/v1/admin/export?timeline=%2F')).status).toBe(400);
  });

  test('that breaks midway does not look like a success', async () => {
    const broken = await openNoisy(50);
    await expect(fetched(broken)).rejects.toThrow('terminated');
    expect((await broken.get('/health')).status).toBe(200);
    await broken.stop();
  });

  test('counts as a stream until it is taken, or its reader is gone', async () => {
    const slow = await openNoisy();
    const readers = [1, 2].map(() => new AbortController());
    const replies = readers.map(({ signal }) => fetch(`${slow.url}/v1/admin/export`, { signal }));
    await Promise.all(replies);
    expect(await slow.get('/v1/admin/export')).toMatchObject({ status: 429, body: { code: 'too-many-streams' } });
    for (const reader of readers) reader.abort();
    await until(async () => (await fetch(`${slow.url}/v1/admin/export?timeline=T`)).status === 200);
    await slow.stop();
  });
});

test('exports of one client leave places for those of others', async () => {
  const slow = await openNoisy(undefined, { TRUSTED_PROXIES: '127.0.0.1' });
  const leaving = new AbortController();
  const ask = (client: string) =>
    fetch(`${slow.url}/v1/admin/export`, { signal: leaving.signal, headers: { 'x-forwarded-for': client } });
  try {
    const answered = [await ask('192.0.2.1'), await ask('192.0.2.1')];
    let isAnswered = false;
    const third = ask('192.0.2.1').then(
      () => (isAnswered = true),
      () => undefined,
    );
    for (let i = 0; i < 2; i += 1) answered.push(await ask('192.0.2.2'));
    expect(answered.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(isAnswered).toBe(false);
    leaving.abort();
    await third;
  } finally {
    leaving.abort();
    await slow.stop();
  }
});

describe('an import is refused, and nothing of it is there', () => {
  const isUntouched = async (): Promise<void> => {
    expect((await target.get('/v1/timelines/NEW')).status).toBe(404);
  };

  test('of what is damaged, with the place', async () => {
    const reply = await put(target, archive.subarray(0, -1), '?rename=T=NEW');
    expect(reply).toMatchObject({ status: 400, body: { code: 'archive-damaged' } });
    expect(reply.body.detail).toMatch(/^line \d+: the file is cut off/);
    const flipped = Buffer.from(archive);
    flipped[200] = (flipped[200] ?? 0) ^ 1;
    expect(await put(target, flipped, '?rename=T=NEW')).toMatchObject({
      status: 400,
      body: { code: 'archive-damaged' },
    });
    await isUntouched();
  });

  test('of a name that another timeline has', async () => {
    await target.createVirtual('TAKEN');
    const reply = await put(target, archive, '?rename=T=NEW&rename=U=TAKEN');
    expect(reply).toMatchObject({ status: 409, body: { code: 'timeline-name-taken' } });
    expect(reply.body.detail).toMatch('?rename=TAKEN=');
    await isUntouched();
  });

  test('with names that do not fit', async () => {
    for (const query of ['?rename=T', '?rename=T=a=b', '?rename=T=', '?rename=T=NEW&rename=T=B', '?rename=NONE=NEW']) {
      expect(await put(target, archive, query)).toMatchObject({ status: 400, body: { code: 'malformed-input' } });
    }
    expect((await put(target, archive, '?rename=T=U')).body.errors).toMatchObject([{ pointer: '/rename' }]);
    await isUntouched();
  });

  test('of another media type, and an archive anywhere else', async () => {
    const unsupported = { status: 415, body: { code: 'media-type-unsupported' } };
    expect(await target.post('/v1/admin/import', { a: 1 })).toMatchObject(unsupported);
    expect(await target.post('/v1/admin/import')).toMatchObject(unsupported);
    expect(await target.call('POST', '/v1/timelines', archive, gzip)).toMatchObject(unsupported);
  });

  test('of more than is allowed, whether it says so before or not', async () => {
    const large = Buffer.alloc(1_000_001);
    expect(await put(target, large)).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
    expect(await sendInChunks(large)).toBe(413);
  });
});

/** A body without a length. */
async function sendInChunks(body: Buffer): Promise<number | undefined> {
  const request = httpRequest(`${target.url}/v1/admin/import`, { method: 'POST', headers: gzip });
  request.on('error', () => undefined);
  const replied = once(request, 'response') as Promise<[{ readonly statusCode?: number }]>;
  for (let at = 0; at < body.length; at += 100_000) request.write(body.subarray(at, at + 100_000));
  request.end();
  const [response] = await replied;
  return response.statusCode;
}

/** A server whose archives are longer than what buffers hold, so that they wait for their reader. */
async function openNoisy(
  commitsMax = Number.POSITIVE_INFINITY,
  environment: Record<string, string> = { STREAMS_MAX: '2' },
): Promise<TestApi> {
  const api = await openTestApi({}, environment);
  const { log } = api.boot;
  await fillTimeline(log, 'T', [1]);
  await fillTimeline(log, 'LONG', new Array<number>(200).fill(1));
  const noise = (): string => Array.from({ length: 20_000 }, () => Math.random().toString(36)).join('');
  const noisy: EventLog['readCommits'] = async function* (range) {
    let commits = 0;
    for await (const commit of log.readCommits(range)) {
      commits += 1;
      if (commits > commitsMax) throw new Error('the disk broke');
      yield { ...commit, events: commit.events.map((event) => ({ ...event, data: `"${noise()}"` })) };
    }
  };
  api.boot.becomeReady(api.runtime, bend(log, { readCommits: noisy }));
  return api;
}

test('an import where the temporary folder can only be read is refused with what to do, and the server goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seed-read-only-'));
  const database = await createTestDatabase();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'seed-read-only', folder]);
  try {
    const server = await startServer({ databaseUrl: database.url, env: { TMPDIR: folder } });
    await server.ready();
    const response = await fetch(`${server.url}/v1/admin/import`, { method: 'POST', body: archive, headers: gzip });
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { code: 'overloaded', detail: expect.stringMatching(/no temporary folder .* TMPDIR has to name one/) },
    ]);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  } finally {
    await stopServers();
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
    await database.drop();
  }
});

test('an upload that ends early imports nothing and leaves the server as it was', async () => {
  const half = archive.subarray(0, archive.length / 2);
  const aborter = new AbortController();
  const body = Readable.toWeb(
    Readable.from(
      (async function* () {
        yield half;
        await new Promise((resolve) => setTimeout(resolve, 50));
        aborter.abort();
        yield await new Promise<Buffer>(() => undefined);
      })(),
    ),
  );
  const upload = fetch(`${target.url}/v1/admin/import`, {
    method: 'POST',
    headers: gzip,
    body,
    duplex: 'half',
    signal: aborter.signal,
  });
  await expect(upload).rejects.toThrow();
  await until(async () => (await put(target, archive)).status !== 503);
  expect((await put(target, archive, '?rename=T=LATER&rename=U=LATER2')).status).toBe(201);
});
