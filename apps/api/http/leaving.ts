import type { FastifyInstance } from 'fastify';
import type { Boot } from '../boot.js';

/**
 * Each answer of a process that is about to stop ends its connection, so that whoever asks once more opens another, which a
 * balancer leads to another server. What is left at the end of the notice has been idle since it began.
 */
export function closeWhenLeaving(server: FastifyInstance, boot: Boot): void {
  server.addHook('onSend', (_request, { raw }, payload, done) => {
    if (boot.isLeaving) raw.shouldKeepAlive = false;
    done(null, payload);
  });
}
