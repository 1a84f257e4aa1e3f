import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CommandReply } from '#presentation';
import { actorOf, principalOf } from '../access/principal.js';
import { CommandDesk } from '../commands/command-desk.js';
import { replyFrom } from '../commands/command-reply.js';
import { objectSchema } from '../fields/field.js';
import { InputErrors } from '../fields/read.js';
import { readKey, versionTag } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { ListQuery, ReadQuery } from '../http/pages.js';
import { timelineFrom } from '../http/params.js';
import { clientOf } from '../limits/client.js';
import { comparedBody, requestKey } from '../http/request-key.js';
import { answered } from '../queries/answer.js';
import { queryOf, readRequest } from '../queries/read-request.js';
import { ApiCommandRoute, ApiRoute } from '../reference/route-docs.js';
import {
  commandReply,
  instant,
  object,
  oneOf as oneOfWords,
  orNull,
  page,
  ref,
  whole,
  words,
} from '../reference/schemas.js';
import { createTimeline } from './commands.js';
import { GetTimeline, ListSnapshots, ListTimelines } from './queries.js';
import { SubmitTimeline } from './submit-timeline.js';
import { TakeSnapshot } from './take-snapshot.js';

const timelineEntrySchema = object({
  name: words,
  status: oneOfWords('master', 'active', 'completed', 'archived'),
  parent: orNull(words),
  forkVersion: orNull(whole),
  version: whole,
  chainHash: words,
  createdAt: instant,
  lastEventAt: instant,
  lastRecordedAt: instant,
});

@ApiTags('timelines')
@Controller('v1/timelines')
export class TimelinesController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @ApiRoute({
    summary: 'Create a timeline',
    operationId: 'CreateTimeline',
    body: objectSchema(createTimeline.dto),
    keyed: true,
    status: 201,
    reply: commandReply(createTimeline.result),
  })
  async create(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CommandReply> {
    const errors = new InputErrors();
    const { value } = bodyOf(request);
    const key = readKey(request.headers, errors);
    const command = createTimeline.read(value, { pointer: '', errors });
    errors.throwIfAny();
    if (command === undefined) throw new TypeError('a timeline was neither read nor refused');
    const { name } = value as { readonly name: string };
    const submitted = new SubmitTimeline(name, [command], {
      actor: actorOf(request),
      key: requestKey(key, request, () => comparedBody(createTimeline.dto, value)),
    });
    const executed = await this.commands.execute(submitted);
    void reply.header('etag', versionTag(executed.version)).header('location', `/v1/timelines/${name}`);
    const { version, result, events } = replyFrom(createTimeline, command, executed);
    return { version, result: { name, ...result }, events };
  }

  @Get()
  @ApiRoute({
    summary: 'The timelines, in order of name',
    operationId: 'ListTimelines',
    query: ListQuery,
    reply: page(timelineEntrySchema),
  })
  list(@Req() request: FastifyRequest) {
    return this.queries.execute(
      new ListTimelines(queryOf(request, ListQuery, new InputErrors()), {
        timelines: principalOf(request)?.timelines ?? null,
        client: clientOf(request),
      }),
    );
  }

  @Get(':timeline')
  @ApiRoute({
    summary: 'A timeline, all of it at one version',
    operationId: 'GetTimeline',
    path: ':timeline',
    query: ReadQuery,
    reply: ref('Timeline'),
  })
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target } = readRequest(request, ReadQuery);
    return answered(reply, await this.queries.execute(new GetTimeline(target)));
  }

  @Post(':timeline/clock/advance')
  @ApiCommandRoute('AdvanceClock', 'Move a virtual clock; what falls due on the way happens at its own time')
  advance(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('AdvanceClock', request, reply);
  }

  @Post(':timeline/snapshots')
  @ApiRoute({
    summary: 'Store the state as it is now',
    operationId: 'TakeSnapshot',
    path: ':timeline',
    status: 201,
    reply: ref('Snapshot'),
  })
  takeSnapshot(@Req() request: FastifyRequest) {
    return this.commands.execute(new TakeSnapshot(timelineFrom(request)));
  }

  @Get(':timeline/snapshots')
  @ApiRoute({
    summary: 'The snapshots that are kept, newest first',
    operationId: 'ListSnapshots',
    path: ':timeline',
    reply: page(ref('Snapshot')),
  })
  listSnapshots(@Req() request: FastifyRequest) {
    return this.queries.execute(new ListSnapshots(timelineFrom(request), clientOf(request)));
  }
}
