import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '#settings';
import type { Boot } from '../boot.js';
import { ProblemError } from '../problems/problem-error.js';
import { clientOf } from './client.js';

const openOf = new WeakMap<Boot, Map<string, number>>();

/**
 * Takes a place for a stream until its connection is closed: one of the process's, and one of the client's.
 *
 * @throws ProblemError `too-many-streams`
 */
export function takeStreamPlace(
  { boot, settings: { streamsMax, streamsPerClientMax } }: { readonly boot: Boot; readonly settings: Settings },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (boot.runtime.status().streams >= streamsMax) {
    throw new ProblemError('too-many-streams', `This server holds ${streamsMax} streams open at most.`);
  }
  const open = openOf.get(boot) ?? new Map<string, number>();
  openOf.set(boot, open);
  const client = clientOf(request);
  const count = open.get(client) ?? 0;
  if (count >= streamsPerClientMax) {
    throw new ProblemError('too-many-streams', `A client holds ${streamsPerClientMax} streams open at most.`);
  }
  open.set(client, count + 1);
  const leave = (): void => {
    const left = (open.get(client) ?? 1) - 1;
    if (left === 0) open.delete(client);
    else open.set(client, left);
  };
  // Of a connection that is gone already nothing is heard any more.
  if (reply.raw.destroyed) leave();
  else reply.raw.once('close', leave);
}
