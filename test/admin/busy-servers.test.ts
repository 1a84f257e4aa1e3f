import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seed } from './seed-line.js';

let server: Server;
let problem: { readonly code: string; readonly detail: string };

/** A server that answers everything but questions of its health with 503. */
beforeEach(async () => {
  server = createServer(({ url }, response) => {
    if (url === '/health') response.end('{"status":"healthy","database":"available","version":"1.0.0"}');
    else response.writeHead(503, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
});

const line = (...words: readonly string[]) =>
  seed([...words, '--server', `http://127.0.0.1:${(server.address() as AddressInfo).port}`], {});

test('a server that has no room for all of a state may have it later', async () => {
  problem = { code: 'overloaded', detail: 'Too many past states are folded.' };
  const { exitCode, json } = await line('state', 'LAB', '--full');
  expect([exitCode, json.error]).toEqual([3, { code: 'server-unavailable', message: problem.detail }]);
});

test('a timeline that has stopped is not waited for', async () => {
  problem = { code: 'timeline-stopped', detail: 'Version 7 cannot be read.' };
  for (const words of [
    ['state', 'LAB', '--full'],
    ['events', 'LAB', '--follow'],
  ]) {
    const { exitCode, err } = await line(...words);
    expect([exitCode, err]).toEqual([1, `${problem.detail} (timeline-stopped)\n`]);
  }
});
