import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../metrics/metrics.js';
import { ApiRoute } from '../reference/route-docs.js';
import { words } from '../reference/schemas.js';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiRoute({
    summary: 'Counters and gauges of this process, for Prometheus',
    operationId: 'GetMetrics',
    reply: words,
    mediaType: 'text/plain',
  })
  show(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.mediaType);
    return this.metrics.text();
  }
}
