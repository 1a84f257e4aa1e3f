import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ProblemError } from './problem-error.js';
import { problemOf } from './problem-of.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** Answers whatever was thrown as a problem. What the server itself did wrong is logged whole and told in one sentence. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(thrown);
    if (problem.status >= 500) {
      const level = problem.code === 'fault' ? 'error' : 'debug';
      this.log[level]({ traceId: request.id, code: problem.code, err: thrown }, 'a request failed');
    }
    sendProblem(reply, problem, request.id);
  }
}

/** Nothing is sent to a client that already has a part of its reply: the connection ends instead. */
export function sendProblem(reply: FastifyReply, problem: ProblemError, traceId: string): void {
  // It was answered already: what comes late is for nobody.
  if (reply.raw.writableEnded) return;
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  reply.problemCode = problem.code;
  const body = JSON.stringify({ ...problem.details(), traceId });
  void reply.status(problem.status).headers(problem.headers).type(PROBLEM_MEDIA_TYPE).send(body);
}
