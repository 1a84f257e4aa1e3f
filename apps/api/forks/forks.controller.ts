import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Label } from '#event-log';
import { forkReply, masterProblem, type CommandReply } from '#presentation';
import { actorOf, principalOf } from '../access/principal.js';
import { CommandDesk } from '../commands/command-desk.js';
import type { CommandKind } from '../commands/command-kind.js';
import { objectSchema } from '../fields/field.js';
import { InputErrors, readFields } from '../fields/read.js';
import { readKey, versionTag } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { ListQuery } from '../http/pages.js';
import { timelineFrom, timelineOf } from '../http/params.js';
import { clientOf } from '../limits/client.js';
import { asSent, comparedBody, requestKey, serverRequestKey } from '../http/request-key.js';
import { refused } from '../problems/problem-error.js';
import { queryOf, readRequest } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { commandReply, instant, listOf, object, oneOf, orNull, page, whole, words } from '../reference/schemas.js';
import { archiveTimeline, checkFork, completeTimeline, Fork, NewLabel, RemovalQuery, termsOf } from './commands.js';
import { PutLabel } from './put-label.js';
import { GetLineage, ListLabels } from './queries.js';
import { RemoveTimeline } from './remove-timeline.js';
import { SubmitFork } from './submit-fork.js';

const forkResult = object({
  timeline: words,
  parent: words,
  forkVersion: whole,
  clock: oneOf('wall', 'virtual'),
  offsetMs: whole,
  now: instant,
});

const labelSchema = object({ label: words, version: whole, timeline: words });

const lineageSchema = object({
  timeline: words,
  ancestors: listOf(object({ timeline: words, forkVersion: whole })),
  forks: listOf(
    object({
      timeline: words,
      forkVersion: orNull(whole),
      status: oneOf('active', 'completed', 'archived'),
    }),
  ),
});

@ApiTags('forks')
@Controller('v1/timelines/:timeline')
export class ForksController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('forks')
  @ApiRoute({
    summary: 'Fork the timeline: the new one shares its log up to a version and goes its own way from there',
    operationId: 'ForkTimeline',
    path: ':timeline',
    body: objectSchema(Fork),
    keyed: true,
    status: 201,
    reply: commandReply(forkResult),
  })
  async fork(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CommandReply> {
    const { value } = bodyOf(request);
    const { timeline: parent, input, key } = readBody(request, Fork, checkFork);
    const executed = await this.commands.execute(
      new SubmitFork({
        parent,
        name: input.name,
        at: input.at ?? null,
        terms: termsOf(input),
        actor: actorOf(request),
        key: serverRequestKey(key, request, () => comparedBody(Fork, value)),
      }),
    );
    void reply
      .status(201)
      .header('etag', versionTag(executed.version))
      .header('location', `/v1/timelines/${input.name}`);
    return forkReply({ name: input.name, parent }, executed);
  }

  @Get('lineage')
  @ApiRoute({
    summary: 'What the timeline was forked from, and what was forked from it',
    operationId: 'GetLineage',
    path: ':timeline',
    reply: lineageSchema,
  })
  lineage(@Req() request: FastifyRequest) {
    const asker = { timelines: principalOf(request)?.timelines ?? null, client: clientOf(request) };
    return this.queries.execute(new GetLineage(timelineFrom(request), asker));
  }

  @Post('complete')
  @ApiRoute({
    summary: 'End the timeline with a result; it takes no more commands',
    operationId: 'CompleteTimeline',
    path: ':timeline',
    body: objectSchema(completeTimeline.dto),
    keyed: true,
    conditional: true,
    reply: commandReply(completeTimeline.result),
  })
  complete(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#end(completeTimeline, request, reply);
  }

  @Post('archive')
  @ApiRoute({
    summary: 'Put the timeline away; it takes no more commands',
    operationId: 'ArchiveTimeline',
    path: ':timeline',
    keyed: true,
    conditional: true,
    reply: commandReply(archiveTimeline.result),
  })
  archive(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#end(archiveTimeline, request, reply);
  }

  @Delete()
  @ApiRoute({
    summary: 'Remove a timeline that no other stands on; its name stays taken',
    operationId: 'RemoveTimeline',
    path: ':timeline',
    query: RemovalQuery,
    keyed: true,
    status: 204,
  })
  async remove(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const errors = new InputErrors();
    const timeline = timelineOf(request, errors);
    const key = readKey(request.headers, errors);
    const { confirm = null } = queryOf(request, RemovalQuery, errors);
    notMaster(timeline, 'removed');
    const removal = { timeline, confirm, key: serverRequestKey(key, request, () => asSent('')) };
    await this.commands.execute(new RemoveTimeline(removal));
    void reply.status(204);
  }

  @Post('labels')
  @ApiRoute({
    summary: 'Name a version; the same again changes nothing',
    operationId: 'PutLabel',
    path: ':timeline',
    body: objectSchema(NewLabel),
    keyed: true,
    status: 201,
    otherStatus: 200,
    reply: labelSchema,
  })
  async label(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Label> {
    const { timeline, input, key } = readBody(request, NewLabel);
    const { label, isNew } = await this.commands.execute(
      new PutLabel(timeline, {
        label: input.label,
        version: input.version ?? null,
        key: requestKey(key, request, () => comparedBody(NewLabel, bodyOf(request).value)),
      }),
    );
    void reply.status(isNew ? 201 : 200);
    return label;
  }

  @Get('labels')
  @ApiRoute({
    summary: 'The labels of the timeline and of what it was forked from, in order',
    operationId: 'ListLabels',
    path: ':timeline',
    query: ListQuery,
    reply: page(labelSchema),
  })
  labels(@Req() request: FastifyRequest) {
    const { target, query } = readRequest(request, ListQuery);
    return this.queries.execute(new ListLabels(target, query));
  }

  #end(kind: CommandKind, request: FastifyRequest, reply: FastifyReply): Promise<CommandReply> {
    notMaster(timelineFrom(request), 'ended');
    return this.desk.submitKind(kind, request, reply);
  }
}

/** @throws ProblemError `malformed-input` */
function readBody<Values extends object>(
  request: FastifyRequest,
  dto: new () => Values,
  check?: (input: Values, errors: InputErrors) => void,
) {
  const errors = new InputErrors();
  const timeline = timelineOf(request, errors);
  const key = readKey(request.headers, errors);
  const input = readFields(dto, bodyOf(request).value, { pointer: '', errors });
  if (input !== undefined) check?.(input, errors);
  errors.throwIfAny();
  return { timeline, key, input: input ?? new dto() };
}

function notMaster(timeline: string, what: 'ended' | 'removed'): void {
  const problem = masterProblem(timeline, what);
  if (problem !== undefined) throw refused(problem);
}
