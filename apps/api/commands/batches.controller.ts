import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assertMayGive } from '../access/judge.js';
import { actorOf, principalOf } from '../access/principal.js';
import { InputErrors } from '../fields/read.js';
import { readConditions, versionTag } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { timelineOf } from '../http/params.js';
import { requestKey } from '../http/request-key.js';
import { ApiRoute } from '../reference/route-docs.js';
import { ref } from '../reference/schemas.js';
import { comparedBatch, readBatch } from './batch.js';
import { batchReply, type BatchReply } from './batch-reply.js';
import { SubmitBatch } from './submit-batch.js';

@Controller('v1/timelines/:timeline/commands')
export class BatchesController {
  constructor(private readonly bus: CommandBus) {}

  @Post()
  @HttpCode(200)
  @ApiRoute({
    summary: 'Give many commands, decided in order',
    operationId: 'SubmitBatch',
    path: ':timeline',
    keyed: true,
    conditional: true,
    body: ref('Batch'),
    reply: ref('BatchReply'),
  })
  async submit(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<BatchReply> {
    const errors = new InputErrors();
    const timeline = timelineOf(request, errors);
    const { key, expectedVersion } = readConditions(request.headers, errors);
    const { value } = bodyOf(request);
    const { entries, atomic } = await readBatch(value, { hasKey: key !== null, errors });
    const principal = principalOf(request);
    entries.forEach(({ command }, i) => {
      assertMayGive(principal, command, `/commands/${i}`);
    });
    const outcome = await this.bus.execute(
      new SubmitBatch(timeline, entries, {
        actor: actorOf(request),
        key: requestKey(key, request, () => comparedBatch(value)),
        keyOf: (entry) => requestKey(entry.key, request, entry.compared),
        expectedVersion,
        atomic,
      }),
    );
    const body = batchReply(outcome, entries);
    void reply.header('etag', versionTag(body.version));
    return body;
  }
}
