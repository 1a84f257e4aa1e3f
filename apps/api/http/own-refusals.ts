import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

// What Node would refuse by itself, without a body and before anybody sees it, is refused as a problem like all else.

/** For `http.createServer`. A request without `Host` is left to `refuseWithoutHost`. */
export const HTTP_OPTIONS = { requireHostHeader: false } as const;

/** An expectation that nobody knows may be passed over (RFC 9110, 10.1.1). */
export function passOverExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => {
    server.emit('request', request, response);
  });
}

/** A request that does not name its host may not be served (RFC 9112, 3.2). */
export function refuseWithoutHost(server: FastifyInstance): void {
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    const isNamed = raw.headers.host !== undefined || raw.httpVersionMinor === 0;
    done(isNamed ? undefined : new ProblemError('malformed-request', 'A request has to name its host.'));
  });
}
