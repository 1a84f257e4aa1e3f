import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

/** Requests of one connection that wait for a change before them. */
const WAITING_MAX = 64;
/** What Node and the server listen for themselves. */
const LISTENERS_BESIDES = 16;

const LAST_CHANGE = Symbol('last change');

/** A connection with the answer to the last change that came on it. */
type ChangingSocket = Socket & { [LAST_CHANGE]?: ServerResponse };

/**
 * A client may send a request without waiting for the answer to the one before it on its connection. Answers keep their order by
 * themselves; this lets what comes behind a change begin after it, so that it sees what that came to.
 */
export function keepOrder(server: FastifyInstance): void {
  /** How many requests have waited behind an answer. */
  const waiting = new WeakMap<ServerResponse, number>();
  server.addHook('onRequest', ({ raw, method }, reply, done) => {
    const socket: ChangingSocket = raw.socket;
    const before = socket[LAST_CHANGE];
    if (method !== 'GET' && method !== 'HEAD') socket[LAST_CHANGE] = reply.raw;
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
