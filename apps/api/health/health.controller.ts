import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access } from '../access/access.js';
import { Boot } from '../boot.js';
import { ApiRoute } from '../reference/route-docs.js';
import { instant, listOf, object, oneOf, whole, words, withOptional } from '../reference/schemas.js';
import { healthOf, healthView, readinessView, type HealthView, type ReadinessView } from './health.js';
import { ReadinessQuery, readinessQuery } from './readiness-query.js';

const readinessSchema = object({
  status: oneOf('healthy', 'degraded', 'starting', 'draining', 'unhealthy'),
  timestamp: instant,
  database: oneOf('ok', 'unavailable'),
  version: words,
});

const healthSchema = withOptional(readinessSchema, {
  stopped: whole,
  stoppedTimelines: listOf(object({ timeline: words, version: whole, reason: words })),
});

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly boot: Boot,
    private readonly access: Access,
  ) {}

  /** A liveness probe may ask this: an outage that the process gets over by itself is never a reason to restart it. */
  @Get('health')
  @ApiRoute({ summary: 'Whether the process is alive', operationId: 'GetHealth', reply: healthSchema })
  live(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): HealthView {
    const { status } = healthOf(this.boot);
    void reply.status(status === 'unhealthy' ? 503 : 200);
    return healthView(this.boot, (timeline) => this.access.mayRead(request, timeline));
  }

  @Get('health/ready')
  @ApiRoute({
    summary: 'Whether requests are answered; with `for=reads`, whether reads are, be it without the database',
    operationId: 'GetReadiness',
    query: ReadinessQuery,
    reply: readinessSchema,
  })
  ready(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): ReadinessView {
    const { for: about } = readinessQuery(request.query);
    const { ready, readyForReads } = healthOf(this.boot);
    void reply.status((about === 'reads' ? readyForReads : ready) ? 200 : 503);
    return readinessView(this.boot);
  }
}
