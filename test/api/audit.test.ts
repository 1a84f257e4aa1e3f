import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { LogUnavailable, type NewAuditRecord } from '#event-log';
import { until } from '../server.js';
import { openProtectedApi, type ProtectedApi } from './access.js';

let held: ProtectedApi;
/** No record of an action can be written. */
let isFull = false;

beforeAll(async () => {
  held = await openProtectedApi({}, (log) => {
    const { access } = log;
    const recordAction = (record: NewAuditRecord) =>
      isFull ? Promise.reject(new LogUnavailable('the test filled the disk')) : access.recordAction(record);
    return new Proxy(log, {
      get: (target, name) => {
        if (name === 'access') return { ...access, recordAction };
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  });
  await held.ask(held.admin, 'POST', '/v1/timelines', { name: 'T', clock: 'virtual' });
});

beforeEach(() => {
  isFull = false;
});

afterAll(() => held.api.stop());

interface Recorded {
  readonly id: number;
  readonly action: string;
  readonly outcome: string | null;
}

const records = async (): Promise<readonly Recorded[]> =>
  (await held.ask(held.admin, 'GET', '/v1/admin/audit?limit=1000')).body.items;

/** The newest record, once its outcome is there too: that follows the reply. */
async function newest(): Promise<Recorded> {
  await until(async () => (await records())[0]?.outcome !== null);
  const [record] = await records();
  if (record === undefined) throw new Error('nothing was recorded');
  return record;
}

test('who, what, when, why, where and with what outcome', async () => {
  const { keyId, text } = await held.key('operator', { timelines: ['T', 'F-*'] });
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = {
    'seed-reason': Buffer.from('to see what rain does — später').toString('latin1'),
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  };
  expect((await held.ask(text, 'POST', 'forks', { name: 'F-1' }, headers)).status).toBe(201);
  expect(await newest()).toEqual({
    id: expect.any(Number),
    at: expect.stringMatching(/^20\d\d-/),
    who: `key:${keyId}`,
    keyId,
    action: 'ForkTimeline',
    target: 'F-1',
    timeline: 'T',
    reason: 'to see what rain does — später',
    traceId,
    outcome: 'done',
    endedAt: expect.stringMatching(/^20\d\d-/),
  });
});

test('a reason that the body gives is kept as well', async () => {
  await held.ask(held.admin, 'POST', 'forks', { name: 'F-2', reason: 'because' });
  expect(await newest()).toMatchObject({ action: 'ForkTimeline', reason: 'because' });
});

test('what was refused is recorded with the code of the problem', async () => {
  await held.ask(held.admin, 'POST', 'forks', { name: 'F-1' });
  expect(await newest()).toMatchObject({ target: 'F-1', outcome: 'timeline-name-taken' });
  await held.ask(held.admin, 'POST', '/v1/admin/replays', { timeline: 'NOWHERE', mode: 'verify' });
  expect(await newest()).toMatchObject({ action: 'StartReplay', timeline: 'NOWHERE', outcome: 'timeline-unknown' });
});

test.each([['x'.repeat(501)], ['nul\u0000'], ['\xff\xfe'], ['\xe2\x80\xaeback']])(
  'a reason that cannot be kept is refused: %j',
  async (reason) => {
    const before = await records();
    const asked = held.ask(held.admin, 'POST', 'forks', { name: 'F-3' }, { 'seed-reason': reason });
    // A client may refuse to send it at all.
    const reply = await asked.catch(() => undefined);
    if (reply !== undefined) expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-input' } });
    expect(await records()).toEqual(before);
  },
);

test('what is not let in is not recorded, and what only reads is not either', async () => {
  const before = await records();
  const { text } = await held.key('reader', { timelines: ['T'] });
  await held.ask(text, 'POST', 'forks', { name: 'F-4' });
  await held.ask(null, 'DELETE', '/v1/timelines/T');
  await held.ask(held.admin, 'GET', '/v1/admin/status');
  expect(await records()).toEqual(before);
});

test('a key that is made is recorded, and its text is not', async () => {
  const { body } = await held.ask(held.admin, 'POST', '/v1/admin/keys', { name: 'bots', role: 'reader' });
  expect(await newest()).toMatchObject({ action: 'CreateKey', target: 'bots', outcome: 'done' });
  expect(JSON.stringify(await records())).not.toContain(body.text);
  await held.ask(held.admin, 'DELETE', `/v1/admin/keys/${body.key.keyId}`);
  expect(await newest()).toMatchObject({ action: 'RevokeKey', target: body.key.keyId });
});

describe('where no record can be written', () => {
  test.each([
    ['POST', '/v1/timelines', { name: 'T-2', clock: 'virtual' }],
    ['POST', '/v1/timelines/T/forks', { name: 'F-5' }],
    ['POST', '/v1/timelines/F-1/complete', {}],
    ['POST', '/v1/timelines/F-1/archive', undefined],
    ['DELETE', '/v1/timelines/F-2?confirm=F-2', undefined],
    ['POST', '/v1/admin/replays', { timeline: 'T', mode: 'verify' }],
    ['POST', '/v1/admin/keys', { name: 'k', role: 'reader' }],
  ])('%s %s does nothing', async (method, path, body) => {
    const state = async () => [
      (await held.ask(held.admin, 'GET', '/v1/timelines')).body,
      (await held.ask(held.admin, 'GET', '/v1/admin/keys')).body,
      (await held.ask(held.admin, 'GET', '/v1/admin/replays')).body,
    ];
    const before = await state();
    isFull = true;
    const reply = await held.ask(held.admin, method, path, body);
    expect(reply).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    expect(reply.headers.get('retry-after')).toMatch(/^[1-9]/);
    isFull = false;
    expect(await state()).toEqual(before);
  });
});

test('it is read page by page, newest first', async () => {
  const all = await records();
  const first = (await held.ask(held.admin, 'GET', '/v1/admin/audit?limit=2')).body;
  const second = (await held.ask(held.admin, 'GET', `/v1/admin/audit?limit=2&cursor=${first.nextCursor}`)).body;
  expect([...first.items, ...second.items]).toEqual(all.slice(0, 4));
  const ids = all.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
});
