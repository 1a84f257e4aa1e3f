import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openTestApi, type Reply, type TestApi } from './api.js';

let api: TestApi;
let owner: Client;

beforeAll(async () => {
  let databaseUrl = '';
  api = await openTestApi({}, {}, (url) => {
    databaseUrl = url;
    return Promise.resolve(url);
  });
  owner = new Client(databaseUrl);
  await owner.connect();
  await owner.query('set session_replication_role = replica');
});

afterAll(async () => {
  await owner.end();
  await api.stop();
});

const verify = (timeline: string, query = ''): Promise<Reply> => api.get(`/v1/admin/verify/${timeline}${query}`);

/** A timeline with some agents; its head as the status shows it. */
async function open(name: string): Promise<void> {
  await api.createVirtual(name);
  for (const agentId of ['ann', 'ben', 'cat']) await register(name, agentId);
}

const register = async (timeline: string, agentId: string): Promise<void> => {
  const { status } = await api.post(`/v1/timelines/${timeline}/agents`, { agentId, deposit: '10' });
  expect(status).toBe(201);
};

/** An event is given another actor by hand. */
const tamper = (timeline: string, version: number) =>
  owner.query(
    `update event set actor = 'eve' from timeline
     where timeline.timeline_id = event.timeline_id and name = '${timeline}' and version = ${version}`,
  );

describe('GET /v1/admin/verify/{timeline}', () => {
  test('proves a sound timeline up to the head that it has', async () => {
    await open('SOUND');
    const state = await api.get('/v1/timelines/SOUND/state');
    const { status, body, headers } = await verify('SOUND');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const { version, stateHash } = state.body;
    expect(body).toEqual({
      timeline: 'SOUND',
      valid: true,
      version,
      headHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      commits: 4,
      events: version,
      stateHash,
      firstViolation: null,
    });
  });

  test('names the first violation of an edited one while the others serve on', async () => {
    await open('EDITED');
    await open('OTHER');
    await tamper('EDITED', 4);
    expect((await verify('EDITED')).body).toMatchObject({
      valid: false,
      version: 3,
      stateHash: null,
      firstViolation: {
        version: 4,
        kind: 'event-changed',
        detail: 'the event at version 4 was changed',
        timeline: 'EDITED',
      },
    });
    await register('OTHER', 'dan');
    expect((await verify('OTHER')).body).toMatchObject({ valid: true });
  });

  test('neither loads the timeline nor needs it to be loadable', async () => {
    await open('STOPPED');
    await api.runtime.read('STOPPED', {}, () => undefined);
    const loaded = api.runtime.status().timelines.map(({ name }) => name);
    await owner.query(
      `insert into timeline (head_version, created_at_ms, genesis_hash, head_hash, name)
       select 7, 0, genesis_hash, head_hash, 'UNLOADED' from timeline where name = 'STOPPED'`,
    );
    expect((await verify('UNLOADED')).body.firstViolation).toMatchObject({ kind: 'head', version: 1 });
    expect(api.runtime.status().timelines.map(({ name }) => name)).toEqual(loaded);
    expect((await api.get('/v1/timelines/UNLOADED/agents')).body.code).toBe('timeline-stopped');
    expect((await verify('UNLOADED')).body.firstViolation).toMatchObject({ kind: 'head', version: 1 });
  });

  test('holds the chain against hashes that were noted', async () => {
    await open('NOTED');
    const { version, headHash } = (await verify('NOTED')).body;
    await register('NOTED', 'dan');
    const noted = `expect=${version}:${headHash}`;
    const { body: now } = await verify('NOTED', `?${noted}&expect=${version}:${headHash.toUpperCase()}`);
    expect(now).toMatchObject({ valid: true });
    const wrong = `expect=${now.version}:${headHash}`;
    expect((await verify('NOTED', `?${noted}&${wrong}`)).body).toMatchObject({
      valid: false,
      firstViolation: { version: now.version, kind: 'expected-hash' },
    });
    expect((await verify('NOTED', `?expect=${now.version + 1}:${headHash}`)).body.firstViolation).toMatchObject({
      kind: 'expected-hash',
      detail: `there is no version ${now.version + 1}: the log ends at version ${now.version}`,
    });
  });

  test.each([
    '?expect=',
    '?expect=1',
    '?expect=0:' + '0'.repeat(64),
    '?expect=1:xyz',
    '?expect=1:' + '0'.repeat(63),
    `?expect=1:${'0'.repeat(64)}&expect=two`,
    '?unknown=1',
  ])('takes no %s', async (query) => {
    await expect(verify('SOUND', query)).resolves.toMatchObject({ status: 400, body: { code: 'malformed-input' } });
  });

  test('knows no timeline that is not there', async () => {
    expect(await verify('NOBODY')).toMatchObject({ status: 404, body: { code: 'timeline-unknown' } });
  });

  test('takes a place among the past states, and gives it up when the client leaves', async () => {
    await open('LEFT');
    let held = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const places = [1, 2].map(() =>
      api.runtime.past.readHeld('LEFT', { version: 1 }, () => {
        held += 1;
        return released;
      }),
    );
    while (held < places.length) await new Promise(setImmediate);
    const sent = request(`${api.url}/v1/admin/verify/LEFT`).end();
    const left = once(sent, 'error');
    while (api.runtime.past.status().waiting === 0) await new Promise(setImmediate);
    sent.destroy();
    await left;
    while (api.runtime.past.status().waiting > 0) await new Promise(setImmediate);
    release();
    await Promise.all(places);
    expect((await verify('LEFT')).body.valid).toBe(true);
  });
});
