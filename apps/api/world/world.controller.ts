import { Controller, Get, Patch, Post, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DOMAINS, DURATIONS } from '#domain';
import { CommandDesk } from '../commands/command-desk.js';
import { ListQuery, ReadQuery } from '../http/pages.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiCommandRoute, ApiRoute } from '../reference/route-docs.js';
import {
  decimal,
  fractional,
  instant,
  listOf,
  object,
  oneOf,
  orNull,
  page,
  score,
  words,
} from '../reference/schemas.js';
import { GetWorld, ListWorldEvents } from './queries.js';

const worldSchema = object({ globalTension: decimal, recentReasoning: words, eventLog: listOf(words) });

const worldEventSchema = object({
  eventId: words,
  title: words,
  description: words,
  source: words,
  url: words,
  publishedAt: orNull(instant),
  ingestedAt: instant,
  domain: oneOf(...DOMAINS),
  duration: oneOf(...DURATIONS),
  sentiment: fractional,
  socialVolume: fractional,
  newsVelocity: fractional,
  assetVolatility: fractional,
  virality: score,
  reaction: oneOf('market', 'react', 'noise'),
  marketId: orNull(words),
  marketRefused: orNull(words),
});

@ApiTags('world')
@Controller('v1/timelines/:timeline')
export class WorldController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly queries: QueryBus,
  ) {}

  @Post('world-events')
  @ApiCommandRoute('IngestWorldEvent', 'Score an event of the world; a viral one opens a market')
  ingest(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('IngestWorldEvent', request, reply);
  }

  @Get('world-events')
  @ApiRoute({
    summary: 'The events ingested, in order of id',
    operationId: 'ListWorldEvents',
    path: ':timeline',
    query: ListQuery,
    reply: page(worldEventSchema),
  })
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, query } = readRequest(request, ListQuery);
    return answered(reply, await this.queries.execute(new ListWorldEvents(target, query)));
  }

  @Get('world')
  @ApiRoute({
    summary: 'What agents share of the world',
    operationId: 'GetWorld',
    path: ':timeline',
    query: ReadQuery,
    reply: worldSchema,
  })
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target } = readRequest(request, ReadQuery);
    return answered(reply, await this.queries.execute(new GetWorld(target)));
  }

  @Patch('world')
  @ApiCommandRoute('RecordWorldState', 'Change what is given, and append lines')
  record(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('RecordWorldState', request, reply);
  }
}
