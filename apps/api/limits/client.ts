import type { FastifyRequest } from 'fastify';

/** Whom a limit counts: the principal of a key or a token; where nobody has to show one, the address. */
export function clientOf({ principal, ip }: FastifyRequest): string {
  return principal === null || principal.name === 'anonymous' ? `address:${ip}` : principal.name;
}
