import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { IMPORT_PATH } from './archive-body.js';

/** How long a request may take to arrive whole, and what becomes of the connection of one that does not. */
export interface ArrivalLimit {
  readonly limitMs: number;
  /** How often that is looked at. */
  readonly everyMs: number;
  readonly refuse: (error: NodeJS.ErrnoException, socket: Socket) => void;
}

/**
 * A request has to arrive whole in time, but for an archive, which takes as long as its bytes keep coming. Node's own limit
 * knows no exceptions.
 */
export function limitArrival(server: FastifyInstance, { limitMs, everyMs, refuse }: ArrivalLimit): void {
  const arriving = new Map<IncomingMessage, { readonly since: number; readonly response: ServerResponse }>();
  server.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    const { headers } = raw;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (hasBody && request.routeOptions.url !== IMPORT_PATH)
      arriving.set(raw, { since: performance.now(), response: reply.raw });
    done();
  });
  server.addHook('onResponse', ({ raw }, _reply, done) => {
    arriving.delete(raw);
    done();
  });
  const timer = setInterval(() => {
    const tooOld = performance.now() - limitMs;
    for (const [raw, { since, response }] of arriving) {
      if (raw.complete || raw.destroyed) arriving.delete(raw);
      else if (since >= tooOld) continue;
      // A stream that is under way has nothing to do with what still comes, but there is no other way to end that.
      else if (response.headersSent) raw.socket.destroy();
      else refuse(Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket);
    }
  }, everyMs);
  timer.unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    done();
  });
}
