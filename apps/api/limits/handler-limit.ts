import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import type { OperationId } from '../access/table.js';
import { sendProblem } from '../problems/problem-filter.js';

/** Routes whose work grows with the log: they are bounded by their own places, and by who waits for them. */
const UNBOUNDED = new Set<OperationId | undefined>([
  'CompareTimelines',
  'ExportArchive',
  'FindStrayRows',
  'GetState',
  'ImportArchive',
  'ImportLegacy',
  'VerifyTimeline',
]);

/** An answer that has not begun by then is given up. What a command came to is then not known to who asked. */
export function limitHandlers(server: FastifyInstance, handlerTimeoutMs: number): void {
  server.addHook('preHandler', (request, reply, done) => {
    if (!UNBOUNDED.has(request.routeConfig.operationId as OperationId | undefined)) {
      const giveUp = (): void => {
        if (reply.sent || reply.raw.headersSent) return;
        sendProblem(reply, late(request), request.id);
      };
      const timer = setTimeout(giveUp, handlerTimeoutMs);
      // Fastify says nothing of the end of a stream.
      reply.raw.once('close', () => {
        clearTimeout(timer);
      });
    }
    done();
  });
}

const late = ({ method }: FastifyRequest): ProblemError =>
  method === 'GET' || method === 'HEAD'
    ? new ProblemError('overloaded', 'The answer was not ready in time.')
    : new ProblemError('outcome-unknown', 'It was not done in time, and may be yet; repeat it with the same key.');
