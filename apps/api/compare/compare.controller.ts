import { Controller, Get, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { goneSignal } from '../http/gone.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { CompareQuery } from './compare-query.js';
import { CompareTimelines, comparisonSchema } from './compare-timelines.js';

@ApiTags('states')
@Controller('v1/timelines/:timeline/compare')
export class CompareController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':other')
  @ApiRoute({
    summary: 'Where two timelines part, and what is not alike; later pages are of the same two states',
    operationId: 'CompareTimelines',
    path: ':timeline/:other',
    query: CompareQuery,
    reply: comparisonSchema,
  })
  async compare(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids, query } = readRequest(request, CompareQuery);
    const waited = { ...target, signal: goneSignal(reply) };
    return answered(reply, await this.queries.execute(new CompareTimelines(waited, ids['other'] ?? '', query)));
  }
}
