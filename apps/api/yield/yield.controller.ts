import { Controller, Get, Post, Put, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CommandDesk } from '../commands/command-desk.js';
import { ReadQuery } from '../http/pages.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiCommandRoute, ApiRoute } from '../reference/route-docs.js';
import { decimal, instant, object, orNull, whole } from '../reference/schemas.js';
import { GetYield } from './queries.js';

const yieldSchema = object({
  apy: decimal,
  lastPayout: orNull(instant),
  totalStaked: decimal,
  totalDistributed: decimal,
  stakers: whole,
});

@ApiTags('yield')
@Controller('v1/timelines/:timeline/yield')
export class YieldController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'The rate, and what all stakes together came to',
    operationId: 'GetYield',
    path: ':timeline',
    query: ReadQuery,
    reply: yieldSchema,
  })
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target } = readRequest(request, ReadQuery);
    return answered(reply, await this.queries.execute(new GetYield(target)));
  }

  @Put()
  @ApiCommandRoute('ChangeApy', 'Set the yearly rate from now on')
  changeApy(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('ChangeApy', request, reply);
  }

  @Post('distributions')
  @ApiCommandRoute('DistributeYield', 'Distribute what accrued through now')
  distribute(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('DistributeYield', request, reply);
  }
}
