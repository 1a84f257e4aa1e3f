import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '#settings';
import type { Boot } from '../boot.js';
import { ProblemError } from '../problems/problem-error.js';
import { clientOf } from './client.js';

/** The streams that a process has admitted, and those of each client. */
interface Places {
  taken: number;
  readonly takenBy: Map<string, number>;
}

const placesOf = new WeakMap<Boot, Places>();

/**
 * Takes a place for a stream until its connection is closed: one of the process's, and one of the client's. A place is taken
 * from here on, not from when the stream has begun: of many that ask at once all would find room.
 *
 * @throws ProblemError `too-many-streams`
 */
export function takeStreamPlace(
  { boot, settings: { streamsMax, streamsPerClientMax } }: { readonly boot: Boot; readonly settings: Settings },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const places = placesOf.get(boot) ?? { taken: 0, takenBy: new Map<string, number>() };
  placesOf.set(boot, places);
  if (places.taken >= streamsMax) {
    throw new ProblemError('too-many-streams', `This server holds ${streamsMax} streams open at most.`);
  }
  const client = clientOf(request);
  const count = places.takenBy.get(client) ?? 0;
  if (count >= streamsPerClientMax) {
    throw new ProblemError('too-many-streams', `A client holds ${streamsPerClientMax} streams open at most.`);
  }
  // Of a connection that is gone already nothing is heard any more.
  if (reply.raw.destroyed) return;
  places.taken += 1;
  places.takenBy.set(client, count + 1);
  reply.raw.once('close', () => {
    places.taken -= 1;
    const left = (places.takenBy.get(client) ?? 1) - 1;
    if (left === 0) places.takenBy.delete(client);
    else places.takenBy.set(client, left);
  });
}
