import { Controller, Get, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AgentId } from '#domain';
import { agentFields } from '../agents/agent-schema.js';
import { goneSignal } from '../http/gone.js';
import { marketFields } from '../markets/market-schema.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { instant, object, ref, whole, words } from '../reference/schemas.js';
import { GetPastAgent, GetPastMarket } from './get-row.js';
import { GetState, StreamState } from './get-state.js';
import { GetStep, stepSchema } from './get-step.js';
import { momentOf } from './moment.js';
import type { PastTarget } from './read-past.js';
import { PastQuery, StateQuery, StepQuery } from './state-query.js';

const atFields = { timeline: words, version: whole, at: instant };

@ApiTags('states')
@Controller('v1/timelines/:timeline/state')
export class StatesController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @ApiRoute({
    summary: 'The state now, or at a version or time: its hash and what it comes to, or all of it',
    operationId: 'GetState',
    path: ':timeline',
    query: StateQuery,
    reply: ref('State'),
  })
  async state(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, query } = pastRequest(request, reply, StateQuery);
    if (query.full !== 'true') return answered(reply, await this.queries.execute(new GetState(target)));
    void reply.type('application/json; charset=utf-8');
    return answered(reply, await this.queries.execute(new StreamState(target)));
  }

  @Get('step')
  @ApiRoute({
    summary: 'What one event changed, account by account',
    operationId: 'GetStep',
    path: ':timeline',
    query: StepQuery,
    reply: stepSchema,
  })
  async step(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, query } = readRequest(request, StepQuery);
    const waited = { ...target, signal: goneSignal(reply) };
    return answered(reply, await this.queries.execute(new GetStep(waited, Number(query.version))));
  }

  @Get('agents/:agentId')
  @ApiRoute({
    summary: 'An agent as it was at a version or time',
    operationId: 'GetPastAgent',
    path: ':timeline/:agentId',
    query: PastQuery,
    reply: object({ ...atFields, ...agentFields }),
  })
  async agent(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids } = pastRequest(request, reply, PastQuery);
    return answered(reply, await this.queries.execute(new GetPastAgent(target, ids['agentId'] as AgentId)));
  }

  @Get('markets/:marketId')
  @ApiRoute({
    summary: 'A market as it was at a version or time',
    operationId: 'GetPastMarket',
    path: ':timeline/:marketId',
    query: PastQuery,
    reply: object({ ...atFields, ...marketFields }),
  })
  async market(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids } = pastRequest(request, reply, PastQuery);
    return answered(reply, await this.queries.execute(new GetPastMarket(target, ids['marketId'] ?? '')));
  }
}

/** @throws ProblemError `malformed-input` */
function pastRequest<Given extends PastQuery>(request: FastifyRequest, reply: FastifyReply, dto: new () => Given) {
  const { target, query, ids } = readRequest(request, dto);
  const at = query.at === undefined ? null : momentOf(query.at);
  return { target: { ...target, at, signal: goneSignal(reply) } satisfies PastTarget, query, ids };
}
