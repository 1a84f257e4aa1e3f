import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CommandDesk } from '../commands/command-desk.js';
import { ListQuery, ReadQuery } from '../http/pages.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiCommandRoute, ApiRoute } from '../reference/route-docs.js';
import { commandReply, instant, object, page, resultRef, whole, words } from '../reference/schemas.js';
import { GetDocument, ListDocuments } from './queries.js';

const documentSchema = object({ name: words, sizeBytes: whole, version: whole, savedAt: instant });
/** Any JSON there is. */
const anyJson = {};

@ApiTags('documents')
@Controller('v1/timelines/:timeline/documents')
export class DocumentsController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly queries: QueryBus,
  ) {}

  @Put(':name')
  @ApiRoute({
    summary: 'Keep the body, exactly as it is, under a name',
    operationId: 'SaveDocument',
    path: ':timeline/:name',
    body: anyJson,
    keyed: true,
    conditional: true,
    reply: commandReply(resultRef('SaveDocument')),
  })
  save(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.saveDocument(request, reply);
  }

  @Get(':name')
  @ApiRoute({
    summary: 'A document, exactly as it was sent',
    operationId: 'GetDocument',
    path: ':timeline/:name',
    query: ReadQuery,
    reply: anyJson,
  })
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { target, ids } = readRequest(request, ReadQuery);
    const answer = await this.queries.execute(new GetDocument(target, ids['name'] ?? ''));
    void reply.type('application/json; charset=utf-8');
    return answered(reply, answer).text;
  }

  @Delete(':name')
  @ApiCommandRoute('RemoveDocument', 'Forget a document', 'name')
  remove(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('RemoveDocument', request, reply);
  }

  @Get()
  @ApiRoute({
    summary: 'The documents, in order of name',
    operationId: 'ListDocuments',
    path: ':timeline',
    query: ListQuery,
    reply: page(documentSchema),
  })
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, query } = readRequest(request, ListQuery);
    return answered(reply, await this.queries.execute(new ListDocuments(target, query)));
  }
}
