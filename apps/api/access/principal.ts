import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessRole } from '#event-log';

/** On whose behalf a request is answered. */
export interface Principal {
  /** Stands as the actor in the log and scopes idempotency keys: `anonymous`, `key:…` or `jwt:…`. */
  readonly name: string;
  readonly role: AccessRole;
  /** The only agent that it acts for; null unless its role is `agent`. */
  readonly agentId: string | null;
  /** Names of timelines, or beginnings of names with `*` behind them; null: all timelines. */
  readonly timelines: readonly string[] | null;
  /** The access key that was sent; null where it was none. */
  readonly keyId: string | null;
  /** When its right ends by itself, ms since the Unix epoch; null: not. */
  readonly expiresAtMs: number | null;
}

/** Everybody, where the server is not protected. */
export const ANONYMOUS: Principal = {
  name: 'anonymous',
  role: 'admin',
  agentId: null,
  timelines: null,
  keyId: null,
  expiresAtMs: null,
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before anything else looks at the request; null where nobody is known: a bad key, or none. */
    principal: Principal | null;
  }
}

/** Must be called before the first hook that asks for a principal. */
export function decorateWithPrincipal(server: FastifyInstance): void {
  server.decorateRequest('principal', null);
}

/** On whose behalf the request is answered. Null on routes that everybody may ask, where no key or no good one was sent. */
export const principalOf = (request: FastifyRequest): Principal | null => request.principal;

/** Who acts, as the log and its keys have it; to be asked on routes alone that take a key. */
export function actorOf({ principal }: FastifyRequest): string {
  if (principal === null) throw new TypeError('a route that anybody may ask acts for nobody');
  return principal.name;
}
