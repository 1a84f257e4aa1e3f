import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS_SECRET } from '../access-secret.js';
import { until } from '../server.js';
import { openTestApi, type TestApi } from './api.js';
import { RawConnection } from './raw.js';

const MEBIBYTE = 1_048_576;
const connections: RawConnection[] = [];

async function connectTo({ url }: TestApi): Promise<RawConnection> {
  const connection = await RawConnection.open(url);
  connections.push(connection);
  return connection;
}

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
});

const head = (line: string, ...fields: readonly string[]): string =>
  `${[`${line} HTTP/1.1`, 'host: localhost', ...fields].join('\r\n')}\r\n\r\n`;

describe('without a key', () => {
  let api: TestApi;
  let bytesParsed = 0;

  beforeAll(async () => {
    api = await openTestApi({}, { ACCESS_SECRET, BAD_KEYS_PER_MINUTE_MAX: '0' });
    // What is read of a body goes through here.
    api.app
      .getHttpAdapter()
      .getInstance()
      .server.on('request', (request: { on(name: string, listener: () => void): void; complete: boolean }) => {
        request.on('end', () => (bytesParsed += 1));
      });
  });
  afterAll(() => api.stop());

  test.each([
    ['an unknown route', 'POST /nothing', 404],
    ['an unknown route of the API', 'POST /v1/nothing', 404],
    ['a method that the route has not', 'PATCH /v1/timelines/T/agents', 405],
    ['a route that takes a key', 'POST /v1/timelines/T/agents', 401],
    ['a route by another spelling', 'POST /%761/timelines/T/agents', 401],
    ['a route with its host', 'POST http://localhost/v1/timelines/T/agents', 401],
  ])('nothing of a body is waited for: %s', async (_what, line, status) => {
    const connection = await connectTo(api);
    connection.write(head(line, 'content-type: application/json', 'content-length: 1000000'));
    await connection.replies(1);
    expect(connection.statuses).toEqual([status]);
    expect(bytesParsed).toBe(0);
  });

  test('nobody is asked for a body that will not be read', async () => {
    const connection = await connectTo(api);
    connection.write(head('POST /v1/timelines', 'expect: 100-continue', 'content-length: 2'));
    await connection.replies(1);
    expect(connection.statuses).toEqual([401]);
  });

  test('unknown routes count for the address that asks for them', async () => {
    const own = await openTestApi({}, { ACCESS_SECRET, BAD_KEYS_PER_MINUTE_MAX: '5' });
    try {
      for (let i = 0; i < 5; i += 1) expect((await own.get(`/nothing${i}`)).status).toBe(404);
      expect((await own.get('/nothing')).status).toBe(429);
      // By the route, whatever it is written like.
      const connection = await connectTo(own);
      connection.write(head('GET /%761/timelines'));
      await connection.replies(1);
      expect(connection.statuses).toEqual([429]);
      expect((await own.get('/health')).status).toBe(200);
    } finally {
      await own.stop();
    }
  });
});

describe('bodies', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await openTestApi({}, { EVENT_LOOP_DELAY_MAX_MS: '0' });
    await api.createVirtual('T');
  });
  afterAll(() => api.stop());

  const gzipped = (body: unknown, headers: Record<string, string> = {}) =>
    api.call('POST', 'agents', gzipSync(JSON.stringify(body)), { 'content-encoding': 'gzip', ...headers });

  test('are unpacked, and are the same request', async () => {
    const key = { 'idempotency-key': 'packed' };
    const packed = await gzipped({ agentId: 'packed' }, key);
    expect(packed.status).toBe(201);
    const plain = await api.post('agents', { agentId: 'packed' }, key);
    expect(plain).toMatchObject({ status: 201, text: packed.text });
    expect((await gzipped({ agentId: 'x-packed' }, { 'content-encoding': 'X-GZIP' })).status).toBe(201);
  });

  test('are bounded by what they unpack to', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MEBIBYTE, ' '));
    const reply = await api.call('POST', 'agents', bomb, { 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
    expect((await gzipped({ agentId: 'after' })).status).toBe(201);
  });

  test.each([
    ['no gzip', Buffer.from('{"agentId":"no"}')],
    ['half of one', gzipSync('{"agentId":"no"}').subarray(0, 20)],
  ])('that are %s are refused', async (_what, bytes) => {
    const reply = await api.call('POST', 'agents', bytes, { 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-input' } });
  });

  test.each(['br', 'deflate', 'gzip, gzip', 'zstd'])(
    'packed with %s are refused, and what is taken is said',
    async (coding) => {
      const reply = await api.call('POST', 'agents', '{}', { 'content-encoding': coding });
      expect(reply).toMatchObject({ status: 415, body: { code: 'media-type-unsupported' } });
      expect(reply.headers.get('accept-encoding')).toBe('gzip');
    },
  );

  test('may begin with a byte-order mark, which is no part of them', async () => {
    expect((await api.post('agents', '\ufeff{"agentId":"marked"}')).status).toBe(201);
    expect((await api.call('PUT', 'documents/marked', '\ufeff{"a":1}')).status).toBe(200);
    expect((await api.get('documents/marked')).text).toBe('{"a":1}');
  });

  test('with a name twice are refused, in a batch too', async () => {
    const single = await api.post('agents', '{"agentId":"one","agentId":"two"}');
    expect(single).toMatchObject({ status: 400, body: { code: 'malformed-input', errors: [{ pointer: '/agentId' }] } });
    const entry = '{"type":"RegisterAgent","data":{"agentId":"one","\\u0061gentId":"two"}}';
    const batch = await api.post('commands', `{"commands":[{"type":"DistributeYield"},${entry}]}`);
    expect(batch).toMatchObject({ status: 400, body: { errors: [{ pointer: '/commands/1' }] } });
  });

  test('are asked for once it is known that they are taken', async () => {
    const body = '{"agentId":"asked"}';
    const taken = await connectTo(api);
    const fields = ['content-type: application/json', 'expect: 100-continue'];
    taken.write(head('POST /v1/timelines/T/agents', ...fields, `content-length: ${body.length}`));
    await taken.replies(1);
    taken.write(body);
    await taken.replies(2);
    expect(taken.statuses).toEqual([100, 201]);
    const large = await connectTo(api);
    large.write(head('POST /v1/timelines/T/agents', ...fields, 'content-length: 99000000'));
    await large.replies(1);
    expect(large.statuses).toEqual([413]);
  });

  test.each([
    ['Host', ['Host: localhost']],
    ['Idempotency-Key', ['Idempotency-Key: a', 'idempotency-key: b']],
    ['Authorization', ['Authorization: Bearer a', 'Authorization: Bearer b']],
  ])('are not read where %s stands twice', async (name, fields) => {
    const connection = await connectTo(api);
    connection.write(`${head('POST /v1/timelines/T/agents', 'content-length: 2', ...fields)}{}`);
    await connection.replies(1);
    expect(connection.statuses).toEqual([400]);
    await until(() => connection.received.includes(`the header field ${name} once`));
  });

  test('of a GET that do not end are not waited for', async () => {
    const connection = await connectTo(api);
    const closed = once(connection.socket, 'close');
    connection.write(head('GET /v1/timelines', 'content-length: 1000'));
    const dribble = setInterval(() => {
      connection.write('x');
    }, 200);
    try {
      await connection.replies(1);
      expect(connection.statuses).toEqual([200]);
      await closed;
    } finally {
      clearInterval(dribble);
    }
  }, 15_000);
});

describe('requests that are sent at once on one connection', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await openTestApi();
    await api.createVirtual('T');
  });
  afterAll(() => api.stop());

  test('what comes behind a change sees it, and answers keep their order', async () => {
    const post = (path: string, body: object): string => {
      const text = JSON.stringify(body);
      return (
        head(`POST /v1/timelines/T/${path}`, 'content-type: application/json', `content-length: ${text.length}`) + text
      );
    };
    const connection = await connectTo(api);
    connection.write(
      post('agents', { agentId: 'ann' }) +
        head('GET /v1/timelines/T/agents/ann') +
        post('agents/ann/deposits', { amount: '5' }) +
        post('agents/ann/withdrawals', { amount: '5' }) +
        head('GET /v1/timelines/T') +
        post('agents', { agentId: 'ann' }) +
        head('GET /health'),
    );
    await connection.replies(7);
    expect(connection.statuses).toEqual([201, 200, 200, 200, 200, 409, 200]);
    expect(connection.received).toContain('"status":"healthy"');
  });

  test('a refused body does not take the answers behind it away', async () => {
    const connection = await connectTo(api);
    const bad = '{"agentId":';
    connection.write(
      head('POST /v1/timelines/T/agents', 'content-type: application/json', `content-length: ${bad.length}`) +
        bad +
        head('GET /v1/timelines/T'),
    );
    await connection.replies(2);
    expect(connection.statuses).toEqual([400, 200]);
  });

  test('so many may wait behind one, and no more', async () => {
    const connection = await connectTo(api);
    const body = JSON.stringify({ amount: '1' });
    const change = head(
      'POST /v1/timelines/T/agents/ann/deposits',
      'content-type: application/json',
      `content-length: ${body.length}`,
    );
    connection.write(change + body + head('GET /v1/timelines/T').repeat(80));
    await connection.replies(81);
    expect(connection.statuses.filter((status) => status === 503)).toHaveLength(16);
  });
});

describe('no body holds the process up', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await openTestApi({ documentsMax: 10, documentBytesMax: 10 * MEBIBYTE }, { EVENT_LOOP_DELAY_MAX_MS: '0' });
    await api.createVirtual('T');
  });
  afterAll(() => api.stop());

  /**
   * The processor time of the thread that runs the event loop, ms; the other threads collect garbage and compile beside it.
   * Where the system does not tell it of one thread, that of all of them.
   */
  function processorMs(): number {
    const schedstat = `/proc/self/task/${process.pid}/schedstat`;
    if (existsSync(schedstat)) return Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1_000_000;
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }

  /** How much of the processor one turn of the event loop took at most, ms: on a busy machine a turn takes longer than that. */
  async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
    let longest = 0;
    let before = processorMs();
    const look = (): void => {
      const now = processorMs();
      longest = Math.max(longest, now - before);
      before = now;
    };
    const timer = setInterval(look, 1);
    await work();
    clearInterval(timer);
    look();
    return longest;
  }

  /** Without turns each took a second and more, but the fields and the documents, which took a third of one. */
  const TURN_MAX_MS = 150;
  const LISTS = '[],'.repeat(349_000);

  test.each([
    ['lists within lists', 'POST', 'commands', '['.repeat(15 * MEBIBYTE), 400],
    ['many small lists', 'POST', 'commands', `{"commands":[${'[],'.repeat(5 * MEBIBYTE)}[]]}`, 400],
    ['an entry with many values', 'POST', 'commands', `{"commands":[{"a":[${'{},'.repeat(3 * MEBIBYTE)}0]}]}`, 400],
    ['many fields', 'POST', 'agents', `{${Array.from({ length: 90_000 }, (_, i) => `"x${i}":0`).join(',')}}`, 400],
    ['a document of texts', 'PUT', 'documents/texts', `[${'"",'.repeat(349_000)}""]`, 200],
    ['documents of lists', 'POST', 'commands', documents(`[${LISTS}[]]`), 200],
  ])('%s', async (_what, method, path, body, status) => {
    const bytes = Buffer.from(body);
    const ask = async (): Promise<void> => {
      expect((await api.call(method, path, bytes)).status).toBe(status);
    };
    // What is wrong shows each time; that the heap of the tests themselves is collected in a turn, now and then.
    let turnMs = Infinity;
    for (let tries = 0; tries < 3 && turnMs >= TURN_MAX_MS; tries += 1) turnMs = await longestTurnMs(ask);
    expect(turnMs).toBeLessThan(TURN_MAX_MS);
  });

  test('of what is wrong a hundred things are told, and no more is looked for', async () => {
    const entry = `{"type":"PlaceBet","data":{${Array.from({ length: 40 }, (_, i) => `"x${i}":0`).join(',')}}}`;
    const reply = await api.post('commands', `{"commands":[${`${entry},`.repeat(2_000)}${entry}]}`);
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-input' } });
    expect(reply.body.errors).toHaveLength(100);
  });
});

function documents(text: string): string {
  const commands = Array.from({ length: 4 }, (_, i) => ({ type: 'SaveDocument', data: { name: `d${i}`, text } }));
  return JSON.stringify({ commands });
}
