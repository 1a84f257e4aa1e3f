import type { FastifyInstance } from 'fastify';

/** What a body that nobody waits for may still take to arrive, ms. */
const LINGER_MS = 5_000;

/**
 * A request may be answered before its body has arrived: one that is refused, and a GET, of which nobody reads it. A connection
 * that is closed then, as Fastify does where a body is too large, is reset by what still comes, and the reset overtakes the
 * reply; so what comes is read and dropped for a while first, and no longer.
 */
export function dropUnreadBodies(server: FastifyInstance): void {
  server.addHook('onSend', ({ raw }, reply, payload, done) => {
    // Fastify has the connection of every body that it refuses closed: answers to requests behind it would never come. Where it
    // closes for another reason that has to be said still, which Node does not once the field was removed.
    if (reply.raw.shouldKeepAlive && reply.hasHeader('connection')) void reply.removeHeader('connection');
    if (!raw.complete) {
      const { socket } = raw;
      const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      const stop = (): void => {
        clearTimeout(timer);
      };
      raw.once('end', stop);
      raw.once('close', stop);
      raw.unpipe();
      raw.resume();
    }
    done(null, payload);
  });
}
