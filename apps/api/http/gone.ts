import type { FastifyReply } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

/** Aborted when the client leaves before it is answered: nobody waits for the work any more. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const { raw } = reply;
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new ProblemError('request-timeout', 'The client left before the answer.'));
  });
  return gone.signal;
}
