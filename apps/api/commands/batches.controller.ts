import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assertMayGive } from '../access/judge.js';
import { actorOf, principalOf } from '../access/principal.js';
import { InputErrors } from '../fields/read.js';
import { readConditions, versionTag } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { timelineOf } from '../http/params.js';
import { requestKey, requestKeyInTurns } from '../http/request-key.js';
import { Turns } from '../http/turns.js';
import { ApiRoute } from '../reference/route-docs.js';
import { ref } from '../reference/schemas.js';
import { comparedBatch, readBatch, type BatchEntryInput } from './batch.js';
import { batchReply, type BatchReply } from './batch-reply.js';
import { SubmitBatch, type GivenEntry } from './submit-batch.js';

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
    const turns = new Turns();
    const timeline = timelineOf(request, errors);
    const { key, expectedVersion } = readConditions(request.headers, errors);
    const { value } = bodyOf(request);
    const { entries, atomic } = await readBatch(value, { hasKey: key !== null, errors, turns });
    const outcome = await this.bus.execute(
      new SubmitBatch(timeline, await givenBy(request, entries, turns), {
        actor: actorOf(request),
        key: await requestKeyInTurns(key, request, { pieces: comparedBatch(value), turns }),
        expectedVersion,
        atomic,
      }),
    );
    const body = await batchReply(outcome, entries, turns);
    void reply.header('etag', versionTag(body.version));
    return body;
  }
}

/** The entries with what their own keys stand for. @throws ProblemError `forbidden` where one may not be given */
async function givenBy(
  request: FastifyRequest,
  entries: readonly BatchEntryInput[],
  turns: Turns,
): Promise<readonly GivenEntry[]> {
  const principal = principalOf(request);
  const given: GivenEntry[] = [];
  for (const [i, { type, command, key, compared }] of entries.entries()) {
    if (key === null ? turns.isOverForSmall : turns.isOver) await turns.next();
    assertMayGive(principal, command, `/commands/${i}`);
    given.push({ type, command, key: requestKey(key, request, compared) });
  }
  return given;
}
