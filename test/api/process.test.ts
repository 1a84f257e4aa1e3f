import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadSettings } from '#settings';
import { createApp } from '../../apps/api/app.js';
import { Boot } from '../../apps/api/boot.js';
import { createLog } from '../../apps/api/logging.js';
import { openTestApi, send, type Reply, type TestApi } from './api.js';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
});

afterAll(() => api.stop());

const keys = ['status', 'timestamp', 'database', 'version'];

describe('health tells the truth', () => {
  let boot: Boot;
  let url: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    boot = new Boot();
    const settings = loadSettings({ LOG_LEVEL: 'fatal', CORS_ORIGINS: 'https://a.example' });
    const app = await createApp({ settings, boot, log: createLog(settings) });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    close = () => app.close();
  });

  afterAll(() => close());

  const both = async (): Promise<readonly [Reply, Reply]> => [
    await send(`${url}/health`, 'GET'),
    await send(`${url}/health/ready`, 'GET'),
  ];

  test('while the process starts', async () => {
    const [live, ready] = await both();
    expect(live).toMatchObject({
      status: 200,
      body: { status: 'starting', database: 'unavailable', version: '1.0.0' },
    });
    expect(Object.keys(live.body)).toEqual(keys);
    expect(ready).toMatchObject({ status: 503, body: { status: 'starting' } });
    const reply = await send(`${url}/v1/timelines/T`, 'GET');
    expect(reply).toMatchObject({ status: 503, body: { code: 'starting' } });
    expect(reply.headers.get('retry-after')).toBe('1');
    boot.sawDatabase(true);
    expect((await both())[0].body.database).toBe('ok');
  });

  test('when it cannot recover', async () => {
    boot.fail();
    const [live, ready] = await both();
    expect(live).toMatchObject({ status: 503, body: { status: 'unhealthy' } });
    expect(ready.status).toBe(503);
    expect(await send(`${url}/v1/timelines/T`, 'GET')).toMatchObject({ status: 503, body: { code: 'failed' } });
  });

  test('pages of the origins that are allowed may ask', async () => {
    const origin = { origin: 'https://a.example' };
    const reply = await send(`${url}/health`, 'GET', undefined, origin);
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://a.example');
    const other = await send(`${url}/health`, 'GET', undefined, { origin: 'https://b.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('a process that is ready is healthy', async () => {
  for (const path of ['/health', '/health/ready']) {
    const { status, body } = await api.get(path);
    expect({ status, ...body }).toMatchObject({ status: 'healthy', database: 'ok', version: '1.0.0' });
    expect(Object.keys(body)).toEqual(keys);
    expect(status).toBe(200);
  }
});

test('metrics count commands, commits, requests and heads', async () => {
  await api.post('agents', { agentId: 'ann' });
  await api.post('agents', { agentId: 'ann' });
  const { text, headers } = await api.get('/metrics');
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
  expect(text).toContain('seed_commands_total{type="RegisterAgent",outcome="accepted"} 1');
  expect(text).toContain('seed_commands_total{type="RegisterAgent",outcome="refused"} 1');
  expect(text).toContain('seed_timeline_version{timeline="T"} 2');
  expect(text).toContain('seed_database_available 1');
  for (const name of ['seed_command_seconds', 'seed_http_request_seconds', 'seed_commit_group_events']) {
    expect(text).toContain(`# TYPE ${name} histogram`);
  }
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

test('status shows the process and what it has live', async () => {
  const { body } = await api.get('/v1/admin/status');
  expect(body).toMatchObject({ release: '1.0.0', phase: 'ready', databaseAvailable: true, timelines: [{ name: 'T' }] });
});

test('a trace that the caller began goes on', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const reply = await api.get('/nope', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
  expect(reply.body.traceId).toBe(trace);
});

describe('the reference', () => {
  test('is OpenAPI 3.1 with every route, and every reference in it leads somewhere', async () => {
    const { body, text } = await api.get('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const paths = Object.keys(body.paths);
    expect(paths).toContain('/v1/timelines/{timeline}/markets/{marketId}/bets');
    for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
    const operations = Object.values<object>(body.paths).flatMap((path) => Object.values<Reply['body']>(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.every(({ responses }) => 'default' in responses)).toBe(true);
  });

  test('describes commands by the rules they are checked by', async () => {
    const { body } = await api.get('/openapi.json');
    expect(body.components.schemas.PlaceBet).toMatchObject({
      required: ['marketId', 'agentId', 'outcome', 'amount'],
      additionalProperties: false,
    });
    const route = body.paths['/v1/timelines/{timeline}/markets/{marketId}/bets'].post;
    expect(route.requestBody.content['application/json'].schema.required).toEqual(['agentId', 'outcome', 'amount']);
    expect(route.parameters.map(({ name }: { name: string }) => name)).toEqual([
      'timeline',
      'marketId',
      'Idempotency-Key',
      'If-Match',
    ]);
  });

  test('can be tried on a page that needs nothing from elsewhere', async () => {
    const page = await api.get('/docs');
    const assets = [...page.text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, asset = '']) => asset);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\/docs\//);
      expect((await api.get(asset)).status).toBe(200);
    }
  });

  test('has a page for each problem', async () => {
    const { body } = await api.get('/problems');
    for (const { type, status } of body.items) expect((await api.get(type)).body.status).toBe(status);
    expect((await api.get('/problems/toString')).status).toBe(404);
  });
});
