import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EAGER } from '../runtime/replaying.js';
import { bend } from '../runtime/harness.js';
import { until } from '../server.js';
import { openTestApi, type Reply, type TestApi } from './api.js';

const REPLAYS = '/v1/admin/replays';

let api: TestApi;
/** How long reading one commit takes. */
let commitMs = 0;

beforeAll(async () => {
  api = await openTestApi({ ...EAGER, replaysMax: 1 }, { STREAMS_MAX: '3' }, undefined, (log) =>
    bend(log, {
      async *readCommits(range) {
        for await (const commit of log.readCommits(range)) {
          if (commitMs > 0) await sleep(commitMs);
          yield commit;
        }
      },
    }),
  );
  await api.createVirtual('T');
  for (let n = 0; n < 60; n += 1) {
    expect((await api.post('agents', { agentId: `a${n}`, deposit: '10' })).status).toBe(201);
  }
});

afterAll(() => api.stop());

const start = (body: object, headers?: Record<string, string>): Promise<Reply> => api.post(REPLAYS, body, headers);

async function ended(id: string): Promise<Reply['body']> {
  await until(async () => (await api.get(`${REPLAYS}/${id}`)).body.status !== 'running');
  return (await api.get(`${REPLAYS}/${id}`)).body;
}

/** All that a stream says until it ends. */
async function streamed(id: string): Promise<Reply['body'][]> {
  const response = await fetch(`${api.url}${REPLAYS}/${id}/stream`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)));
}

/** Works slowly for as long as `work` takes. */
async function slowly<T>(work: () => Promise<T>, ms = 500): Promise<T> {
  commitMs = ms;
  try {
    return await work();
  } finally {
    commitMs = 0;
  }
}

test('a replay is started, shown and finished, with the hash that the state has', async () => {
  const started = await start({ timeline: 'T', mode: 'verify' });
  expect(started.status).toBe(202);
  const { id } = started.body;
  expect(started.headers.get('location')).toBe(`${REPLAYS}/${id}`);
  expect(started.body).toMatchObject({ timeline: 'T', mode: 'verify', status: 'running', to: null, stateHash: null });
  const state = (await api.get('state')).body;
  const { status, ...finished } = await ended(id);
  expect(status).toBe('completed');
  expect(finished).toMatchObject({
    ...{ version: state.version, of: state.version, stateHash: state.stateHash, matches: true, etaMs: 0 },
    ...{ firstDifference: null, failure: null, attempts: 1, owner: (await api.get('/v1/admin/status')).body.writer },
  });
  expect(finished.eventsPerSecond).toBeGreaterThan(0);
  expect(finished.finishedAt >= finished.createdAt).toBe(true);
  expect((await start({ timeline: 'T', mode: 'verify', to: 7 })).body.to).toBe(7);
});

test('a rebuild leaves the timeline as it was, and commands go on', async () => {
  const before = (await api.get('state')).body;
  const { id } = (await start({ timeline: 'T', mode: 'rebuild' })).body;
  expect(await ended(id)).toMatchObject({ status: 'completed', matches: true, stateHash: before.stateHash });
  expect((await api.post('agents/a1/deposits', { amount: '1' })).status).toBe(200);
  expect((await api.get('state')).body.version).toBe(before.version + 1);
});

test('its progress is streamed, never goes back, and ends with what it came to', async () => {
  const said = await slowly(async () => streamed((await start({ timeline: 'T', mode: 'verify' })).body.id), 25);
  expect(said.length).toBeGreaterThan(2);
  const versions = said.map(({ version }) => version);
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  expect(said.slice(0, -1).every(({ status }) => status === 'running')).toBe(true);
  const last = said.at(-1);
  expect(last).toMatchObject({ status: 'completed', matches: true, version: last.of });
  expect(said.some(({ etaMs, of }) => etaMs > 0 && of === last.of)).toBe(true);
  // Whoever comes late is told how it ended.
  expect(await streamed(last.id)).toEqual([last]);
});

test('status and metrics show what the process works on', async () => {
  await slowly(async () => {
    const { id } = (await start({ timeline: 'T', mode: 'verify' })).body;
    await until(async () => (await api.get('/v1/admin/status')).body.replays.length > 0);
    expect((await api.get('/v1/admin/status')).body.replays).toEqual([
      expect.objectContaining({ id, timeline: 'T', mode: 'verify' }),
    ]);
    expect((await api.get('/metrics')).text).toContain('seed_replays_running 1');
    await api.call('DELETE', `${REPLAYS}/${id}`);
  });
  await until(async () => (await api.get('/v1/admin/status')).body.replays.length === 0);
  expect((await api.get('/metrics')).text).toContain('seed_replays_running 0');
});

test('it is cancelled while it runs, and again; one that has ended stays as it is', async () => {
  await slowly(async () => {
    const { id } = (await start({ timeline: 'T', mode: 'rebuild' })).body;
    const streaming = streamed(id);
    const cancelled = await api.call('DELETE', `${REPLAYS}/${id}`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    const again = await api.call('DELETE', `${REPLAYS}/${id}`);
    expect([again.status, again.body]).toEqual([200, cancelled.body]);
    expect((await streaming).at(-1)).toEqual(cancelled.body);
  });
  const { id } = (await start({ timeline: 'T', mode: 'verify' })).body;
  const finished = await ended(id);
  const late = await api.call('DELETE', `${REPLAYS}/${id}`);
  expect([late.status, late.body.code]).toEqual([409, 'replay-finished']);
  expect((await api.get(`${REPLAYS}/${id}`)).body).toEqual(finished);
});

test('the same key starts one replay, and another request under it is refused', async () => {
  const headers = { 'idempotency-key': 'nightly' };
  const first = await start({ timeline: 'T', mode: 'verify' }, headers);
  const again = await start({ mode: 'verify', timeline: 'T' }, headers);
  expect([again.status, again.body.id]).toEqual([202, first.body.id]);
  const other = await start({ timeline: 'T', mode: 'rebuild' }, headers);
  expect([other.status, other.body.code]).toEqual([409, 'key-reused']);
});

test('replays are listed newest first, in pages', async () => {
  const all = (await api.get(`${REPLAYS}?limit=1000`)).body;
  expect(all.nextCursor).toBeNull();
  const paged: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Reply = await api.get(`${REPLAYS}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    paged.push(...page.body.items);
    cursor = page.body.nextCursor;
  }
  const idsOf = (items: readonly unknown[]) => (items as { id: string }[]).map(({ id }) => id);
  expect(idsOf(paged)).toEqual(idsOf(all.items));
  const createdAt = all.items.map((item: { createdAt: string }) => item.createdAt);
  expect(createdAt).toEqual([...createdAt].sort().reverse());
});

describe('it is refused', () => {
  test.each([
    [{ timeline: 'none', mode: 'verify' }, 404, 'timeline-unknown'],
    [{ timeline: 'T', mode: 'verify', to: 1_000_000 }, 409, 'version-ahead'],
    [{ timeline: 'T', mode: 'rebuild', to: 5 }, 400, 'malformed-input'],
    [{ timeline: 'T', mode: 'verify', to: 0 }, 400, 'malformed-input'],
    [{ timeline: 'T', mode: 'verify', to: '5' }, 400, 'malformed-input'],
    [{ timeline: 'T', mode: 'repair' }, 400, 'malformed-input'],
    [{ timeline: 'T' }, 400, 'malformed-input'],
    [{ mode: 'verify' }, 400, 'malformed-input'],
    [{ timeline: 'T', mode: 'verify', of: 5 }, 400, 'malformed-input'],
    [[], 400, 'malformed-input'],
  ])('%j', async (body, status, code) => {
    const before = (await api.get(`${REPLAYS}?limit=1`)).body.items[0].id;
    const refused = await start(body);
    expect([refused.status, refused.body.code]).toEqual([status, code]);
    expect((await api.get(`${REPLAYS}?limit=1`)).body.items[0].id).toBe(before);
  });

  test('by an id that is none', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/stream'],
      ['DELETE', ''],
    ] as const) {
      for (const id of [randomUUID(), 'T']) {
        const unknown = await api.call(method, `${REPLAYS}/${id}${path}`);
        expect([unknown.status, unknown.body.code]).toEqual([404, 'replay-unknown']);
      }
      expect((await api.call(method, `${REPLAYS}/%00${path}`)).status).toBe(400);
    }
  });

  test('beyond the streams that may be open, and beyond the replays that may be unfinished', async () => {
    await slowly(async () => {
      const jobs: string[] = [];
      for (let n = 0; n < 16; n += 1) {
        const { status, body } = await start({ timeline: 'T', mode: 'verify' });
        expect(status).toBe(202);
        jobs.push(body.id);
      }
      const oneMore = await start({ timeline: 'T', mode: 'verify' });
      expect([oneMore.status, oneMore.body.code, oneMore.headers.get('retry-after')]).toEqual([
        503,
        'overloaded',
        '10',
      ]);
      const last = jobs.at(-1) ?? '';
      const streams = [streamed(last), streamed(last), streamed(last)];
      await until(async () => (await api.get('/v1/admin/status')).body.streams === 3);
      const refused = await api.get(`${REPLAYS}/${last}/stream`);
      expect([refused.status, refused.body.code]).toEqual([429, 'too-many-streams']);
      for (const id of jobs) await api.call('DELETE', `${REPLAYS}/${id}`);
      for (const said of await Promise.all(streams)) expect(said.at(-1)).toMatchObject({ status: 'cancelled' });
    });
  });
});
