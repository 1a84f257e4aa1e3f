import type { FastifyInstance } from 'fastify';

/** Nothing here is a page, but for the reference, which sets what it needs itself. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** What every answer says to browsers, refusals too. Which pages may ask is not said here but by `enableCors`. */
export function giveHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', ({ is404, routeConfig }, reply, done) => {
    void reply.headers(HEADERS);
    if (is404 || routeConfig.isApi === true) void reply.header('cache-control', 'no-store');
    done();
  });
}
