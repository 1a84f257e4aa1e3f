import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

/** Requests of one connection that wait for a change before them. */
const WAITING_MAX = 64;
/** What Node and the server listen for themselves. */
const LISTENERS_BESIDES = 16;

/**
 * A client may send a request without waiting for the answer to the one before it on its connection. Answers keep their order by
 * themselves; this lets what comes behind a change begin after it, so that it sees what that came to.
 */
export function keepOrder(server: FastifyInstance): void {
  /** The answer to the last change that came on a connection, and how many requests have waited behind it. */
  const answers = new WeakMap<Socket, ServerResponse>();
  const waiting = new WeakMap<ServerResponse, number>();
  server.addHook('onRequest', ({ raw, method }, reply, done) => {
    const { socket } = raw;
    const before = answers.get(socket);
    if (method !== 'GET' && method !== 'HEAD') answers.set(socket, reply.raw);
    if (before === undefined || before.writableFinished || before.destroyed) {
      done();
      return;
    }
    const count = (waiting.get(before) ?? 0) + 1;
    waiting.set(before, count);
    if (count > WAITING_MAX) {
      done(new ProblemError('overloaded', 'Too many requests wait on this connection for the answer to one.'));
      return;
    }
    before.setMaxListeners(WAITING_MAX + LISTENERS_BESIDES);
    before.once('close', () => {
      done();
    });
  });
}
