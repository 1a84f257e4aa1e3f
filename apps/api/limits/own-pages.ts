import type { FastifyInstance } from 'fastify';
import { isLoopback, type Settings } from '#settings';
import { ProblemError } from '../problems/problem-error.js';

/** So much of a value is shown. */
const SHOWN_MAX = 128;
const HOSTS_KEPT_MAX = 100;

/**
 * An open server listens on loopback alone, but the browser beside it goes wherever a page sends it: a page may call it by a name
 * of its own that leads here (DNS rebinding), or send it a form. So it answers under its own names alone, and to pages of
 * those and of CORS_ORIGINS.
 */
export function refuseForeignPages(server: FastifyInstance, { host, corsOrigins }: Settings): void {
  const names = new Set([host, ...corsOrigins.map((origin) => hostIn(origin))]);
  const origins = new Set(corsOrigins);
  const isOwn = (name: string): boolean => isLoopback(name) || name.endsWith('.localhost') || names.has(name);
  /** Of those that were sent: a client sends the same one each time. */
  const ownHosts = new Set<string>();
  const isOwnHost = (sent: string): boolean => {
    if (ownHosts.has(sent)) return true;
    const own = isOwn(hostIn(`http://${sent}`));
    if (own && ownHosts.size < HOSTS_KEPT_MAX) ownHosts.add(sent);
    return own;
  };
  server.addHook('onRequest', ({ raw, headers }, _reply, done) => {
    const named = authorityOf(raw.url ?? '') ?? headers.host;
    const { origin } = headers;
    if (named !== undefined && !isOwnHost(named)) done(refused('Host', named));
    else if (origin !== undefined && !origins.has(origin) && !isOwn(hostIn(origin))) done(refused('Origin', origin));
    else done();
  });
}

/** What an absolute target names; it counts before the header (RFC 9112, 3.2.2). */
const authorityOf = (target: string): string | undefined =>
  target.startsWith('/') ? undefined : /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1];

/** In lower case, without port and brackets; empty for what has none. */
function hostIn(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

const refused = (field: string, value: string): ProblemError =>
  new ProblemError(
    'forbidden',
    `This server is open to everybody on its machine, and so not to pages of others: ${field} is ` +
      `${JSON.stringify(value.slice(0, SHOWN_MAX))}. Name the page in CORS_ORIGINS, or set ACCESS_SECRET.`,
  );
