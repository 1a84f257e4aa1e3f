import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventLog } from '#event-log';
import { ACCESS_SECRET } from '../access-secret.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { openTestApi, send, type TestApi } from './api.js';
import { RawConnection } from './raw.js';

const opened: TestApi[] = [];

afterEach(async () => {
  for (const api of opened.splice(0)) await api.stop();
});

/** A server of one test. */
async function openOwn(environment: Record<string, string>): Promise<TestApi> {
  const api = await openTestApi({}, environment);
  opened.push(api);
  return api;
}

const REFUSED = { status: 429, body: { code: 'too-many-requests' } };
const PAGE = 'https://page.example';

describe('what every answer says to browsers', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await openTestApi({}, { ACCESS_SECRET, CORS_ORIGINS: PAGE });
  });
  afterAll(() => api.stop());

  test('nobody guesses its type, frames it or keeps it', async () => {
    for (const path of ['/v1/timelines', '/nowhere', '/health']) {
      const { headers } = await api.get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
    expect((await api.get('/v1/timelines')).headers.get('cache-control')).toBe('no-store');
    const policy = (await api.get('/docs')).headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
  });

  test('a page that may ask can read why it was refused; no other can', async () => {
    const own = await api.get('/v1/timelines', { origin: PAGE });
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([401, PAGE]);
    expect(own.headers.get('vary')).toContain('Origin');
    const other = await api.get('/v1/timelines', { origin: 'https://other.example' });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([401, null]);
  });
});

describe('requests without a valid key', () => {
  test('are refused from an address that has made too many, and from no other', async () => {
    const api = await openOwn({ ACCESS_SECRET, BAD_KEYS_PER_MINUTE_MAX: '5', TRUSTED_PROXIES: '127.0.0.0/8' });
    const from = (address: string) => api.get('/v1/timelines', { 'x-forwarded-for': address });
    for (let i = 0; i < 5; i += 1) expect(await from('192.0.2.1')).toMatchObject({ status: 401 });
    const refused = await from('192.0.2.1');
    expect(refused).toMatchObject(REFUSED);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await from('192.0.2.2')).toMatchObject({ status: 401 });
  });

  test('count for the address that they came from where no proxy is trusted', async () => {
    const api = await openOwn({ ACCESS_SECRET, BAD_KEYS_PER_MINUTE_MAX: '5' });
    for (let i = 0; i < 5; i += 1) await api.get('/v1/timelines', { 'x-forwarded-for': `192.0.2.${i}` });
    expect(await api.get('/v1/timelines', { 'x-forwarded-for': '192.0.2.9' })).toMatchObject(REFUSED);
  });
});

describe('connections', () => {
  let database: TestDatabase;
  let server: RunningServer;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = { CONNECTIONS_PER_ADDRESS_MAX: '8' };
    server = await startServer({ databaseUrl: database.url, env });
    await server.ready();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(async () => {
    await stopServers();
    await database.drop();
  });

  async function open(): Promise<Socket> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  test('one too many from an address is told so, and those that are open go on', async () => {
    const held = await open();
    let told = '';
    for (let i = 0; i < 20 && told === ''; i += 1) {
      const socket = await open();
      const text = new Promise<string>((resolve) => {
        socket.once('data', (data) => {
          resolve(String(data));
        });
        setTimeout(resolve, 200, '').unref();
      });
      told = await text;
    }
    expect(told).toMatch(/^HTTP\/1\.1 429 .*retry-after: 5\r\n.*"code":"too-many-connections"/is);
    held.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [reply] = (await once(held, 'data')) as [Buffer];
    expect(String(reply)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a body that is too large', () => {
  const json = 'POST /v1/timelines/REALITY/commands HTTP/1.1\r\ncontent-type: application/json';
  const archive = 'POST /v1/admin/import HTTP/1.1\r\ncontent-type: application/gzip';
  let api: TestApi;
  let socket: Socket;
  let told: string;

  beforeEach(async () => {
    api = await openTestApi({}, { IMPORT_MAX_BYTES: '1000000' });
    const { hostname, port } = new URL(api.url);
    told = '';
    socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.on('data', (data) => (told += String(data)));
  });

  afterEach(async () => {
    socket.destroy();
    await api.stop();
  });

  test.each([
    ['commands that say their length', `${json}\r\ncontent-length: 17825792`],
    ['commands in chunks', `${json}\r\ntransfer-encoding: chunked`],
    ['an archive that says its length', `${archive}\r\ncontent-length: 17825792`],
    ['an archive in chunks', `${archive}\r\ntransfer-encoding: chunked`],
  ])('is refused while it comes, and the refusal arrives: %s', async (_, head) => {
    const isChunked = head.endsWith('chunked');
    const chunk = Buffer.alloc(1_048_576, ' ');
    const chunks = Array<Buffer[]>(17).fill(
      isChunked ? [Buffer.from('100000\r\n'), chunk, Buffer.from('\r\n')] : [chunk],
    );
    Readable.from([
      Buffer.from(`${head}\r\nhost: localhost\r\n\r\n`),
      ...chunks.flat(),
      Buffer.from(`${isChunked ? '0\r\n\r\n' : ''}GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n`),
    ]).pipe(socket, { end: false });
    await until(() => Promise.resolve(told.includes('"status":"healthy"') || socket.destroyed));
    expect(told).toMatch(/^HTTP\/1\.1 413 .*"code":"body-too-large".*HTTP\/1\.1 200 /s);
  });

  test('is not waited for longer than some seconds', async () => {
    const closed = once(socket, 'close');
    socket.write(`${json}\r\ncontent-length: 99999999\r\nhost: localhost\r\n\r\n{`);
    await closed;
    expect(told).toMatch(/^HTTP\/1\.1 413 /);
    expect(await api.get('/health')).toMatchObject({ status: 200 });
  });
});

describe('the reference', () => {
  test('is read from the disk once, and not sent again to who has it', async () => {
    const api = await openOwn({});
    const asset = '/docs/swagger-ui.css';
    const { headers, status } = await api.get(asset);
    expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
    const again = await api.get(asset, { 'if-none-match': headers.get('etag') ?? '' });
    expect([again.status, again.text]).toEqual([304, '']);
  });
});

describe('streams', () => {
  test('of many that ask at once as many are let in as there is room for, and none of those is cut', async () => {
    const api = await openOwn({ STREAMS_MAX: '5' });
    await api.createVirtual('T');
    const connections = await Promise.all(Array.from({ length: 40 }, () => RawConnection.open(api.url)));
    for (const connection of connections) {
      connection.write('GET /v1/timelines/T/events/stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
    }
    for (const connection of connections) await connection.replies(1);
    const open = connections.filter(({ statuses }) => statuses[0] === 200);
    expect([open.length, connections.filter(({ statuses }) => statuses[0] === 429).length]).toEqual([5, 35]);
    await api.post('agents', { agentId: 'ann' });
    await until(() => open.every(({ received }) => received.includes('AgentRegistered')));
    for (const connection of connections) connection.close();
  });

  test('a client holds so many; who leaves makes room', async () => {
    const api = await openOwn({ STREAMS_PER_CLIENT_MAX: '2' });
    await api.createVirtual('T');
    const leaving = new AbortController();
    const open = () => fetch(`${api.url}/v1/timelines/T/events/stream`, { signal: leaving.signal });
    for (let i = 0; i < 2; i += 1) expect((await open()).status).toBe(200);
    const refused = await open();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too-many-streams' });
    leaving.abort();
    const again = new AbortController();
    await until(async () => {
      const reply = await fetch(`${api.url}/v1/timelines/T/events/stream`, { signal: again.signal });
      if (reply.status !== 200) await reply.text();
      return reply.status === 200;
    });
    again.abort();
  });
});

describe('a handler that does not answer', () => {
  let api: TestApi;
  let release: () => void = () => undefined;
  let holds = false;
  let held: Promise<void>;
  let commitsRead = 0;
  const hold = (): void => {
    held = new Promise<void>((resolve) => (release = resolve));
  };

  beforeAll(async () => {
    hold();
    const holding = (log: EventLog): EventLog =>
      new Proxy(log, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          if (name === 'readCommits') {
            return async function* (...args: readonly unknown[]) {
              for await (const commit of Reflect.apply(value, target, args) as ReturnType<EventLog['readCommits']>) {
                yield commit;
                if (holds) commitsRead += 1;
                if (holds) await held;
              }
            };
          }
          if (name !== 'listLabels' && name !== 'saveLabel') return value.bind(target) as unknown;
          return async (...args: readonly unknown[]): Promise<unknown> => {
            if (holds) await held;
            return Reflect.apply(value, target, args) as unknown;
          };
        },
      });
    api = await openTestApi({}, { HANDLER_TIMEOUT_MS: '100', COMMAND_DEADLINE_MS: '100' }, undefined, holding);
    await api.createVirtual('T');
  });
  afterAll(async () => {
    release();
    await api.stop();
  });

  test('is given up, and so is the work behind it: what it holds is free for others', async () => {
    for (let i = 0; i < 5; i += 1) await api.post('agents', { agentId: `agent-${i}`, deposit: '1' });
    holds = true;
    const read = await api.get('agents/agent-0/balances');
    expect(read).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    expect(api.runtime.past.status().folding).toBe(1);
    release();
    await until(() => api.runtime.past.status().folding === 0);
    expect(commitsRead).toBeLessThan(3);
    holds = false;
    hold();
    expect(await api.get('agents/agent-0/balances')).toMatchObject({ status: 200 });
  }, 10_000);

  test('is given up: a read may be asked again, of a change nobody says that it did not happen', async () => {
    holds = true;
    const read = await api.get('labels');
    expect(read).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    expect(read.headers.get('retry-after')).toMatch(/^\d+$/);
    const change = await api.post('labels', { label: 'L' });
    expect(change).toMatchObject({ status: 503, body: { code: 'outcome-unknown' } });
    holds = false;
    release();
    await until(async () => (await api.get('labels')).body.items?.length === 1);
  }, 10_000);
});

describe('a process with more to do than it can', () => {
  test('refuses what costs, answers for its health, and comes back by itself', async () => {
    const api = await openOwn({ EVENT_LOOP_DELAY_MAX_MS: '60' });
    let isBusy = true;
    const work = (): void => {
      const endMs = performance.now() + 120;
      while (performance.now() < endMs);
      if (isBusy) setTimeout(work, 1);
    };
    work();
    try {
      await until(async () => {
        const { status, body, headers } = await api.get('/v1/timelines');
        return status === 503 && body.code === 'overloaded' && headers.get('retry-after') !== null;
      });
      expect((await api.get('/health')).status).toBe(200);
      expect((await api.get('/metrics')).status).toBe(200);
    } finally {
      isBusy = false;
    }
    await until(async () => (await api.get('/v1/timelines')).status === 200);
  });
});

describe('requests a second', () => {
  const LIMIT = 100;
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await stopServers();
    await database.drop();
  });

  test('are limited for a client over all processes, without a word to others', async () => {
    const env = { REQUESTS_PER_SECOND_MAX: String(LIMIT), TRUSTED_PROXIES: '127.0.0.1' };
    const options = { databaseUrl: database.url, env };
    const servers = await Promise.all([startServer(options), startServer(options)]);
    for (const server of servers) await server.ready();
    const ask = (server: RunningServer, client: string) =>
      send(`${server.url}/v1/timelines`, 'GET', undefined, { 'x-forwarded-for': client });

    /** How many were let in, by all servers, in so many seconds of asking far too often. */
    const letIn = async (seconds: number): Promise<number> => {
      const endMs = performance.now() + seconds * 1_000;
      const counts = await Promise.all(
        servers.flatMap((server) =>
          [1, 2, 3].map(async () => {
            let count = 0;
            while (performance.now() < endMs) {
              const reply = await ask(server, '192.0.2.1');
              if (reply.status === 200) count += 1;
              else {
                expect(reply).toMatchObject(REFUSED);
                expect(reply.headers.get('retry-after')).toBe('1');
              }
            }
            return count;
          }),
        ),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    };

    // Before they have heard of each other each lets in the whole.
    await letIn(3);
    const inFourSeconds = await letIn(4);
    expect(inFourSeconds).toBeGreaterThan(4 * LIMIT * 0.4);
    expect(inFourSeconds).toBeLessThan(4 * LIMIT * 1.5);
    for (const server of servers) expect((await ask(server, '192.0.2.2')).status).toBe(200);
  });
});
