import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestApi, type Reply, type TestApi } from './api.js';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
  await api.post('agents', { agentId: 'ann', deposit: '100' });
  await api.post('markets', { marketId: 'm', title: 'm', expiresAt: '1970-01-02T00:00:00Z' });
});

afterAll(() => api.stop());

/** A problem in its standard form, and nothing that a client should not see. */
function expectProblem(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, ...reply.body }).toMatchObject({ status, code, type: `/problems/${code}` });
  expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(reply.body).toMatchObject({
    title: expect.any(String),
    detail: expect.any(String),
    traceId: expect.any(String),
  });
  expect(reply.text).not.toMatch(/\.ts:|\.js:|node_modules/);
}

const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');
const eight = (digits: string): string => Array.from({ length: 8 }, () => digits).join(',');

async function version(): Promise<number> {
  return (await api.get('/v1/timelines/T')).body.version;
}

const bet = { agentId: 'ann', outcome: 'YES', amount: '1' };
const market = { marketId: 'n', title: 'n' };
const event = { eventId: 'e', title: 'e' };

describe('bad input is refused with its field, and nothing happens', () => {
  test.each<[string, string, unknown, string]>([
    ['POST', 'agents', { agentId: 'a b' }, '/agentId'],
    ['POST', 'agents', { agentId: 5 }, '/agentId'],
    ['POST', 'agents', {}, '/agentId'],
    ['POST', 'agents', { agentId: 'x', name: 'a\u0000' }, '/name'],
    ['POST', 'agents', '{"agentId":"x","name":"\\ud800"}', '/name'],
    ['POST', 'agents', '{"agentId":"x","__proto__":{"name":"y"}}', '/__proto__'],
    ['POST', 'agents', { agentId: 'x', deposit: null }, '/deposit'],
    ['POST', 'agents', [], ''],
    ['POST', 'agents', 'null', ''],
    ['POST', 'agents', '{"agentId":', ''],
    ['POST', 'agents', '\ufeff\ufeff{"agentId":"x"}', ''],
    ['POST', 'agents', '['.repeat(10_000) + ']'.repeat(10_000), ''],
    ['POST', 'agents', `{"agentId":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, '/agentId'],
    ['POST', 'agents/ann/deposits', { amount: 5 }, '/amount'],
    ['POST', 'agents/ann/deposits', '{"amount":9007199254740993}', '/amount'],
    ['POST', 'agents/ann/deposits', '{"amount":1e400}', '/amount'],
    ['POST', 'agents/ann/deposits', { amount: '0' }, '/amount'],
    ['POST', 'agents/ann/deposits', { amount: '1.0000001' }, '/amount'],
    ['POST', 'agents/ann/deposits', { amount: '1000000000001' }, '/amount'],
    ['POST', 'agents/ann/deposits', { amount: '1', agentId: 'ann' }, '/agentId'],
    ['POST', 'agents/ann/deposits', undefined, '/amount'],
    ['POST', 'agents/%00/deposits', { amount: '1' }, '/agentId'],
    ['POST', `agents/${'x'.repeat(129)}/deposits`, { amount: '1' }, '/agentId'],
    ['POST', 'transfers', { from: 'ann', to: 'ann', amount: '1' }, '/to'],
    ['PUT', 'yield', { apy: '1000.5' }, '/apy'],
    ['PUT', 'yield', { apy: 0.05 }, '/apy'],
    ['POST', 'yield/distributions', { now: true }, '/now'],
    ['POST', 'markets', { title: 'n' }, '/marketId'],
    ['POST', 'markets', { ...market, feeBps: 5_001 }, '/feeBps'],
    ['POST', 'markets', { ...market, liquidity: '0.5' }, '/liquidity'],
    ['POST', 'markets', { ...market, outcomes: ['a', 'a'] }, '/outcomes'],
    ['POST', 'markets', { ...market, outcomes: ['YES', '\uff39es'] }, '/outcomes'],
    ['POST', 'markets', { ...market, title: '\u202etitle' }, '/title'],
    ['POST', 'agents', { agentId: 'x', name: 'Ann\u200b' }, '/name'],
    ['POST', 'forks', { name: 'x', reason: 'two\nlines' }, '/reason'],
    ['POST', '/v1/admin/keys', { name: 'key ', role: 'reader' }, '/name'],
    ['POST', 'markets', { ...market, domain: 'weather' }, '/domain'],
    ['POST', 'markets', { ...market, duration: 'long' }, '/duration'],
    ['POST', 'markets', { ...market, expiresAt: '2030-01-01T00:00:00' }, '/expiresAt'],
    ['POST', 'markets', { ...market, expiresAt: '10000-01-01T00:00:00Z' }, '/expiresAt'],
    ['POST', 'markets', { ...market, eventId: 'e'.repeat(115) }, '/eventId'],
    ['POST', 'markets/m/bets', { ...bet, minShares: '-1' }, '/minShares'],
    ['POST', 'markets/m/quotes', { side: 'buy', outcome: 'YES', shares: '1' }, '/amount'],
    ['POST', 'markets/m/quotes', { side: 'sell', outcome: 'YES', shares: '1', amount: '1' }, '/amount'],
    ['POST', 'markets/m/resolve', {}, '/outcome'],
    ['POST', 'markets/m/resolve', { outcome: 'YES', payout: [1, 0] }, '/outcome'],
    ['POST', 'markets/m/resolve', { payout: [0, 0] }, '/payout'],
    ['POST', 'markets/m/void', {}, '/reason'],
    ['POST', 'world-events', { ...event, sentiment: 1.01 }, '/sentiment'],
    ['POST', 'world-events', { ...event, socialVolume: '5' }, '/socialVolume'],
    ['POST', 'world-events', '{"eventId":"e","title":"e","newsVelocity":1e400}', '/newsVelocity'],
    ['POST', 'world-events', { ...event, publishedAt: '2023-02-29T00:00:00Z' }, '/publishedAt'],
    ['PATCH', 'world', { globalTension: 0.5 }, '/globalTension'],
    ['PATCH', 'world', { appendLines: ['a', 1] }, '/appendLines'],
    ['POST', 'clock/advance', {}, '/to'],
    ['POST', 'clock/advance', { byMs: 0 }, '/byMs'],
    ['POST', 'clock/advance', { byMs: 1.5 }, '/byMs'],
    ['POST', '/v1/timelines', { name: 'x', clock: 'solar' }, '/clock'],
    ['POST', '/v1/timelines', { name: 'x', clock: 'wall', startAt: '2024-01-01T00:00:00Z' }, '/startAt'],
    ['POST', '/v1/timelines', { name: 'x', clock: 'virtual', settings: { reactAt: '101' } }, '/settings/reactAt'],
    ['POST', '/v1/timelines', { name: 'x', clock: 'virtual', settings: { what: 1 } }, '/settings/what'],
    ['POST', '/v1/admin/import-legacy', { timeline: 'x', files: { a: 1 } }, '/files'],
    ['POST', 'commands', { commands: [] }, '/commands'],
    ['POST', 'commands', { commands: [5] }, '/commands/0'],
    ['POST', 'commands', { commands: [{ type: 'Nope' }] }, '/commands/0/type'],
    ['POST', 'commands', { commands: [{ type: 'CreateTimeline', data: {} }] }, '/commands/0/type'],
    ['POST', 'commands', { commands: [{ type: 'toString', data: {} }] }, '/commands/0/type'],
    ['POST', 'commands', { commands: [{ type: 'DistributeYield', idempotencyKey: '' }] }, '/commands/0/idempotencyKey'],
    ['POST', 'commands', { commands: [], atomic: 1 }, '/atomic'],
    [
      'POST',
      'commands',
      { commands: [{ type: 'SaveDocument', data: { name: 'd', text: '{' } }] },
      '/commands/0/data/text',
    ],
    ['GET', 'agents?limit=0', undefined, '/limit'],
    ['GET', 'agents?limit=1001', undefined, '/limit'],
    ['GET', 'agents?limit=1&limit=2', undefined, '/limit'],
    ['GET', 'agents?cursor=!!', undefined, '/cursor'],
    ['GET', 'agents/ann/payouts?cursor=YQ', undefined, '/cursor'],
    ['GET', `agents/ann/payouts?cursor=${cursorOf(eight('9'.repeat(40)))}`, undefined, '/cursor'],
    ['GET', `events?cursor=${cursorOf('ann')}`, undefined, '/cursor'],
    ['GET', `/v1/admin/replays?cursor=${cursorOf('5')}`, undefined, '/cursor'],
    ['GET', `/v1/admin/audit?cursor=${cursorOf('5 a')}`, undefined, '/cursor'],
    ['GET', `/v1/admin/keys?cursor=${cursorOf('ann')}`, undefined, '/cursor'],
    ['GET', 'agents?minVersion=1.5', undefined, '/minVersion'],
    ['GET', 'agents?sort=name', undefined, '/sort'],
    ['GET', 'markets?status=OPEN', undefined, '/status'],
    ['GET', 'events?after=-1', undefined, '/after'],
    ['GET', 'events?type=Nothing', undefined, '/type'],
    ['GET', 'state?full=1', undefined, '/full'],
    ['GET', '/v1/timelines/a%20b', undefined, '/timeline'],
    ['GET', "/v1/timelines/T'--/agents", undefined, '/timeline'],
  ])('%s %s %j', async (method, path, body, pointer) => {
    const before = await version();
    const reply = await api.call(method, path, body);
    expectProblem(reply, 400, 'malformed-input');
    expect(reply.body.errors.map(({ pointer: at }: { pointer: string }) => at)).toContain(pointer);
    expect(await version()).toBe(before);
  });

  test('in a batch, every bad entry is named, and the good ones do not happen', async () => {
    const before = await version();
    const good: object = { type: 'DepositFunds', data: { agentId: 'ann', amount: '1' } };
    const commands = Array.from({ length: 20 }, () => good);
    const bad: object = { type: 'PlaceBet', data: { marketId: 'm', agentId: 'ann', outcome: 'YES', amount: 5 } };
    const reply = await api.post('commands', { commands: commands.with(17, bad) });
    expectProblem(reply, 400, 'malformed-input');
    expect(reply.body.errors).toEqual([{ pointer: '/commands/17/data/amount', detail: expect.any(String) }]);
    expect(await version()).toBe(before);
  });

  test.each([
    ['idempotency-key', 'é'],
    ['idempotency-key', 'x'.repeat(256)],
    ['if-match', '5'],
    ['if-match', '"five"'],
    ['if-match', 'W/"5"'],
    ['if-match', '*'],
  ])('the header %s: %s', async (name, value) => {
    const reply = await api.post('agents/ann/deposits', { amount: '1' }, { [name]: value });
    expectProblem(reply, 400, 'malformed-input');
    expect(reply.body.errors[0].pointer).toBe(`/headers/${name}`);
  });

  test('bytes that are not UTF-8', async () => {
    const reply = await api.post('agents', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]));
    expectProblem(reply, 400, 'malformed-input');
  });
});

describe('what the economy refuses has its own code', () => {
  test.each<[string, unknown, number, string]>([
    ['agents', { agentId: 'ann' }, 409, 'agent-exists'],
    ['agents/bob/deposits', { amount: '1' }, 404, 'agent-unknown'],
    ['agents/ann/withdrawals', { amount: '101' }, 409, 'insufficient-funds'],
    ['agents/ann/unstakes', { amount: '1' }, 409, 'insufficient-stake'],
    ['markets', { marketId: 'm', title: 'm' }, 409, 'market-id-taken'],
    ['markets', { marketId: 'o', title: 'o', expiresAt: '1970-01-01T00:00:00Z' }, 409, 'expiry-not-in-future'],
    ['markets/o/bets', bet, 404, 'market-unknown'],
    ['markets/m/bets', { ...bet, outcome: 'MAYBE' }, 404, 'no-such-outcome'],
    ['markets/m/bets', { ...bet, minShares: '100' }, 409, 'slippage'],
    ['markets/m/sales', { agentId: 'ann', outcome: 'YES', shares: '1' }, 409, 'insufficient-shares'],
    ['markets/m/resolve', { payout: [1, 2, 3] }, 400, 'payout-invalid'],
    ['clock/advance', { to: '1970-01-01T00:00:00Z', byMs: undefined }, 200, ''],
    ['/v1/timelines', { name: 'T', clock: 'virtual' }, 409, 'timeline-name-taken'],
    ['/v1/timelines/nowhere/agents', { agentId: 'x' }, 404, 'timeline-unknown'],
  ])('%s %j → %d %s', async (path, body, status, code) => {
    const reply = await api.post(path, body);
    if (status < 300) expect(reply.status).toBe(status);
    else expectProblem(reply, status, code);
  });
});

describe('what is not a route of this server', () => {
  test('a wrong path is 404, a wrong method 405 with what there is', async () => {
    expectProblem(await api.get('/nope'), 404, 'route-unknown');
    expectProblem(await api.get('/v1/timelines//agents'), 404, 'route-unknown');
    const reply = await api.call('PATCH', 'agents');
    expectProblem(reply, 405, 'method-not-allowed');
    expect(reply.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  test('a URL that cannot be decoded', async () => {
    expectProblem(await api.get('/v1/timelines/%zz'), 400, 'malformed-request');
  });

  test('a body that is not JSON by its type', async () => {
    const reply = await api.post('agents', 'agentId=x', { 'content-type': 'application/x-www-form-urlencoded' });
    expectProblem(reply, 415, 'media-type-unsupported');
  });

  test('a body over 1 MiB, where batches may be larger', async () => {
    const name = 'x'.repeat(1_100_000);
    expectProblem(await api.post('agents', { agentId: 'x', name }), 413, 'body-too-large');
    const reply = await api.post('commands', { commands: [{ type: 'RegisterAgent', data: { agentId: 'x', name } }] });
    expectProblem(reply, 400, 'malformed-input');
  });

  test('what cannot be read as HTTP', async () => {
    const text = await rawRequest('NONSENSE\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"malformed-request"/);
    const huge = await rawRequest(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(huge).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers-too-large"/);
  });
});

/** Everything that the server answers to these bytes. */
function rawRequest(text: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
