import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { IMPORT_PATH, readArchiveBodies } from '../../apps/api/http/archive-body.js';
import { limitArrival } from '../../apps/api/http/arrival-limit.js';

let server: FastifyInstance;
let port: number;

beforeEach(async () => {
  server = fastify();
  readArchiveBodies(server);
  const refuse = (_error: unknown, socket: { end(text: string): unknown }): void => {
    socket.end('HTTP/1.1 408 Too slow\r\nconnection: close\r\n\r\n');
  };
  limitArrival(server, { limitMs: 200, everyMs: 20, refuse });
  server.post('/other', () => 'taken');
  server.post(IMPORT_PATH, async ({ body }) => {
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
    return String(bytes);
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = server.server.address() as AddressInfo);
});

afterEach(() => server.close());

/** Sends a body of six bytes, one each 100 ms; returns the status. */
async function sendSlowly(path: string, mediaType: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const fields = `host: a\r\ncontent-type: ${mediaType}\r\ncontent-length: 6\r\nconnection: close`;
  socket.write(`POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n`);
  const timer = setInterval(() => socket.write('1'), 100);
  const [reply] = (await once(socket, 'data')) as [Buffer];
  clearInterval(timer);
  socket.destroy();
  return Number(reply.toString().split(' ')[1]);
}

test('a request that does not arrive whole in time is refused', async () => {
  expect(await sendSlowly('/other', 'application/json')).toBe(408);
});

test('an archive may take its time', async () => {
  expect(await sendSlowly(IMPORT_PATH, 'application/gzip')).toBe(200);
});
