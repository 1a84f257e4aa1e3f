import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { VIOLATION_KINDS } from '#proof';
import { Boot } from '../boot.js';
import { InputErrors } from '../fields/read.js';
import { goneSignal } from '../http/gone.js';
import { clientOf } from '../limits/client.js';
import { timelineOf } from '../http/params.js';
import { ProblemError } from '../problems/problem-error.js';
import { queryOf } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { listOf, object, oneOf, orNull, whole, words, yesOrNo } from '../reference/schemas.js';
import { expectedHashesOf, VerifyQuery } from './verify-query.js';

const violationSchema = object({ version: whole, kind: oneOf(...VIOLATION_KINDS), detail: words, timeline: words });

const verificationSchema = object({
  timeline: words,
  valid: yesOrNo,
  version: whole,
  headHash: words,
  commits: whole,
  events: whole,
  stateHash: orNull(words),
  firstViolation: orNull(violationSchema),
});

const strayRowsSchema = object({
  valid: yesOrNo,
  strayRows: listOf(object({ table: oneOf('event', 'commit'), timelineId: whole, version: whole })),
});

/** The proof of a history (`docs/proof.md`): beside whatever is live, and of timelines that cannot be loaded too. */
@ApiTags('admin')
@Controller('v1/admin/verify')
export class VerifyController {
  constructor(private readonly boot: Boot) {}

  @Get()
  @ApiRoute({
    summary: 'Rows of the log that belong to no timeline: whoever proves one timeline does not see them',
    operationId: 'FindStrayRows',
    reply: strayRowsSchema,
  })
  async strays(@Res({ passthrough: true }) reply: FastifyReply) {
    const strayRows = await this.boot.reads.rows.findStrayRows();
    void reply.header('cache-control', 'no-store');
    return { valid: strayRows.length === 0, strayRows };
  }

  @Get(':timeline')
  @ApiRoute({
    summary: 'Prove every row of a timeline and its ancestry, and the invariants; the first violation is named',
    operationId: 'VerifyTimeline',
    path: ':timeline',
    query: VerifyQuery,
    reply: verificationSchema,
  })
  async verify(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const errors = new InputErrors();
    const timeline = timelineOf(request, errors);
    const expected = expectedHashesOf(queryOf(request, VerifyQuery, errors));
    const { runtime, stopping } = this.boot;
    void reply.header('cache-control', 'no-store');
    // Nothing moves on the connection until the reply, and a long log takes its time.
    request.raw.socket.setTimeout(0);
    try {
      const signal = AbortSignal.any([goneSignal(reply), stopping]);
      return await runtime.past.verify(timeline, expected, { signal, client: clientOf(request) });
    } catch (error) {
      throw stopping.aborted ? new ProblemError('draining', 'The server is stopping.') : error;
    }
  }
}
