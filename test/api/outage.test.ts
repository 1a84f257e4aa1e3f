import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestApi, type TestApi } from './api.js';

/** Stands between the server and its database, and can be shut. */
class Gate {
  readonly #sockets = new Set<Socket>();
  #open = true;

  private constructor(
    readonly server: Server,
    readonly target: URL,
  ) {}

  static async open(databaseUrl: string): Promise<{ readonly gate: Gate; readonly url: string }> {
    const target = new URL(databaseUrl);
    const server = createServer();
    const gate = new Gate(server, target);
    server.on('connection', (socket) => {
      gate.#connect(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as { port: number }).port);
    return { gate, url: url.href };
  }

  shut(): void {
    this.#open = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  reopen(): void {
    this.#open = true;
  }

  close(): void {
    this.shut();
    this.server.close();
  }

  #connect(socket: Socket): void {
    if (!this.#open) {
      socket.destroy();
      return;
    }
    const database = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, database],
      [database, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}

let gate: Gate;
let api: TestApi;

beforeAll(async () => {
  api = await openTestApi({}, {}, async (databaseUrl) => {
    const opened = await Gate.open(databaseUrl);
    gate = opened.gate;
    return opened.url;
  });
  await api.createVirtual('T');
  await api.post('agents', { agentId: 'ann', deposit: '5' });
});

afterAll(async () => {
  gate.reopen();
  await api.stop();
  gate.close();
});

test('without its database the server reads on, refuses commands, says so, and comes back by itself', async () => {
  gate.shut();
  const read = await api.get('agents/ann');
  expect(read).toMatchObject({ status: 200, body: { available: '5' } });
  expect(Number(read.headers.get('seed-stale-ms'))).toBeGreaterThanOrEqual(0);
  expect(read.headers.get('seed-stale-ms')).not.toBeNull();
  const missing = await api.get('agents/nobody');
  expect(missing).toMatchObject({ status: 404, body: { code: 'agent-unknown' } });
  expect(missing.headers.get('seed-stale-ms')).toMatch(/^\d+$/);
  const command = await api.post('agents/ann/deposits', { amount: '1' });
  expect(command.status).toBe(503);
  expect(['database-unavailable', 'outcome-unknown']).toContain(command.body.code);
  expect(command.headers.get('retry-after')).toMatch(/^\d+$/);
  await until(async () => (await api.get('/health/ready')).status === 503);
  const live = await api.get('/health');
  expect(live).toMatchObject({ status: 200, body: { status: 'degraded', database: 'unavailable' } });
  gate.reopen();
  await until(async () => (await api.get('/health/ready')).status === 200);
  expect((await api.post('agents/ann/deposits', { amount: '1' })).status).toBe(200);
  expect((await api.get('agents/ann')).headers.get('seed-stale-ms')).toBeNull();
});

test('without its database the server does not say of what it cannot know that it is lost', async () => {
  const ahead = 'events/stream?after=99';
  gate.shut();
  const unknown = await api.get(ahead);
  expect(unknown).toMatchObject({ status: 503, body: { code: 'version-not-reached' } });
  expect(unknown.headers.get('retry-after')).toMatch(/^\d+$/);
  gate.reopen();
  await until(async () => (await api.get('/health/ready')).status === 200);
  expect(await api.get(ahead)).toMatchObject({ status: 409, body: { code: 'version-ahead' } });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
