import type { FastifyReply } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

/**
 * Aborted when the client leaves, or was given an answer before the work came to one, as when it took too long: nobody waits
 * for the work any more. Work that gave the answer itself has ended by then.
 */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const { raw } = reply;
  raw.once('close', () => {
    gone.abort(
      new ProblemError('request-timeout', 'The client left before the answer, or was told that it took too long.'),
    );
  });
  return gone.signal;
}
