import { Controller, Get, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { auditView, type AuditView, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { InputErrors } from '../fields/read.js';
import { limitOf, ListQuery, numberPlace, pageOfRows, placeOf } from '../http/pages.js';
import { queryOf } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { instant, object, orNull, page, whole, words } from '../reference/schemas.js';

const auditSchema = object({
  id: whole,
  at: instant,
  who: words,
  keyId: orNull(words),
  action: words,
  target: orNull(words),
  timeline: orNull(words),
  reason: orNull(words),
  traceId: orNull(words),
  outcome: orNull(words),
  endedAt: orNull(instant),
});

/** The record of admin actions: written before each, and never changed. */
@ApiTags('admin')
@Controller('v1/admin/audit')
export class AuditController {
  constructor(private readonly boot: Boot) {}

  @Get()
  @ApiRoute({
    summary: 'Admin actions, newest first: who, what, when, why, and what became of each',
    operationId: 'ListAudit',
    query: ListQuery,
    reply: page(auditSchema),
  })
  async list(@Req() request: FastifyRequest): Promise<Page<AuditView>> {
    const query = queryOf(request, ListQuery, new InputErrors());
    const limit = limitOf(query);
    const records = await this.boot.log.access.listActions({ beforeId: placeOf(query, numberPlace), limit: limit + 1 });
    return pageOfRows(records, limit, { present: auditView, placeOf: ({ auditId }) => String(auditId) });
  }
}
