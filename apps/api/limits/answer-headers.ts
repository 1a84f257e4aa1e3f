import type { FastifyInstance } from 'fastify';

/** Nothing here is a page, but for the reference, which sets what it needs itself. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** What every answer says to browsers, refusals too: a page that may ask must be able to read why it was refused. */
export function giveHeaders(server: FastifyInstance, corsOrigins: readonly string[]): void {
  const allowed = new Set(corsOrigins);
  server.addHook('onRequest', ({ url, headers: { origin } }, reply, done) => {
    void reply.headers(HEADERS);
    if (url.startsWith('/docs')) void reply.removeHeader('content-security-policy');
    if (url.startsWith('/v1')) void reply.header('cache-control', 'no-store');
    if (allowed.size > 0) void reply.header('vary', 'Origin');
    if (origin !== undefined && allowed.has(origin)) {
      void reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', '*');
    }
    done();
  });
}
