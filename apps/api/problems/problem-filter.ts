import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { pathOf } from '../http/request-key.js';
import type { RouteTable } from '../http/route-table.js';
import { ProblemError } from './problem-error.js';
import { problemOf } from './problem-of.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** Answers whatever was thrown as a problem. What the server itself did wrong is logged whole and told in one sentence. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    private readonly log: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = this.#sharpened(problemOf(thrown), request);
    if (problem.status >= 500) {
      const level = problem.code === 'fault' ? 'error' : 'debug';
      this.log[level]({ traceId: request.id, code: problem.code, err: thrown }, 'a request failed');
    }
    sendProblem(reply, problem, request.id);
  }

  /** The router calls a wrong method a wrong path. */
  #sharpened(problem: ProblemError, request: FastifyRequest): ProblemError {
    if (problem.code !== 'route-unknown') return problem;
    const methods = this.routes.methodsOf(pathOf(request.url));
    if (methods.length === 0 || methods.includes(request.method)) return problem;
    const allow = methods.join(', ');
    return new ProblemError('method-not-allowed', `This route takes ${allow}.`, { headers: { allow } });
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
