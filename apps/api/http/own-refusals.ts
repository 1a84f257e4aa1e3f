import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

// What Node would refuse by itself, without a body and before anybody sees it, is refused as a problem like all else.

/** For `http.createServer`. A request without `Host` is left to `refuseWithoutHost`. */
export const HTTP_OPTIONS = { requireHostHeader: false } as const;

/**
 * An expectation that nobody knows may be passed over (RFC 9110, 10.1.1), and a body is asked for by whoever reads it, not by
 * Node before anybody has seen the request: see `receiveBodies`.
 */
export function passOverExpectations(server: Server): void {
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    server.emit('request', request, response);
  };
  server.on('checkExpectation', pass);
  server.on('checkContinue', pass);
}

/** A request that does not name its host, or two, may not be served (RFC 9112, 3.2). */
export function refuseWithoutHost(server: FastifyInstance): void {
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.headers.host === undefined && raw.httpVersionMinor > 0) {
      done(new ProblemError('malformed-request', 'A request has to name its host.'));
      return;
    }
    const twice = givenTwice(raw.rawHeaders);
    if (twice === undefined) done();
    else done(new ProblemError('malformed-request', `A request may have the header field ${twice} once.`));
  });
}

/** Fields of which the server would go by one line and whoever stands before it, perhaps, by another. */
const ONCE = new Map(['Host', 'Idempotency-Key', 'Authorization'].map((name) => [name.toLowerCase(), name]));

/** The name of such a field that has two lines. Node drops the second, or joins both. */
function givenTwice(rawHeaders: readonly string[]): string | undefined {
  let seen = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] ?? '';
    const { length } = given;
    // Nearly every field is told apart by the length of its name.
    if (length !== 4 && length !== 15 && length !== 13) continue;
    const name = given.toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.includes(name)) return ONCE.get(name);
    seen += `${name} `;
  }
  return undefined;
}
