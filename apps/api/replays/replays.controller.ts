import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { replayView, type ReplayView } from '#presentation';
import type { ReplaySubmission } from '#runtime';
import { Settings } from '#settings';
import { Access } from '../access/access.js';
import { Boot } from '../boot.js';
import { objectSchema } from '../fields/field.js';
import { InputErrors, readFields } from '../fields/read.js';
import { readKey } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { ListQuery } from '../http/pages.js';
import { idOf } from '../http/params.js';
import { comparedBody, serverRequestKey } from '../http/request-key.js';
import { startStream, StreamReader } from '../http/stream-reader.js';
import { takeStreamPlace } from '../limits/stream-places.js';
import { queryOf } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { page, words } from '../reference/schemas.js';
import { CancelReplay } from './cancel-replay.js';
import { GetReplay, ListReplays } from './queries.js';
import { ReplayRequest } from './replay-request.js';
import { replaySchema } from './replay-schema.js';
import { StartReplay } from './start-replay.js';

/** Replays of whole logs (`docs/time-machine.md`): what is stored and served is compared with them, or made anew. */
@ApiTags('admin')
@Controller('v1/admin/replays')
export class ReplaysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly boot: Boot,
    private readonly settings: Settings,
    private readonly access: Access,
  ) {}

  @Post()
  @ApiRoute({
    summary: 'Replay a log beside the live timelines, to verify what is stored and served or to rebuild it',
    operationId: 'StartReplay',
    body: objectSchema(ReplayRequest),
    keyed: true,
    status: 202,
    reply: replaySchema,
  })
  async start(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<ReplayView> {
    const replay = await this.commands.execute(new StartReplay(readSubmission(request)));
    void reply.status(202).header('location', `/v1/admin/replays/${replay.id}`);
    return replay;
  }

  @Get()
  @ApiRoute({
    summary: 'Replays, newest first',
    operationId: 'ListReplays',
    query: ListQuery,
    reply: page(replaySchema),
  })
  list(@Req() request: FastifyRequest) {
    return this.queries.execute(new ListReplays(queryOf(request, ListQuery, new InputErrors())));
  }

  @Get(':id')
  @ApiRoute({
    summary: 'How far a replay is, or what it came to',
    operationId: 'GetReplay',
    path: ':id',
    reply: replaySchema,
  })
  get(@Req() request: FastifyRequest) {
    return this.queries.execute(new GetReplay(replayIdOf(request)));
  }

  @Get(':id/stream')
  @ApiRoute({
    summary: 'How far a replay is, twice a second as server-sent events, until it has ended',
    operationId: 'StreamReplay',
    path: ':id',
    reply: words,
    mediaType: 'text/event-stream',
  })
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = await this.get(request);
    takeStreamPlace({ boot: this.boot, settings: this.settings }, request, reply);
    const response = startStream(reply);
    if (request.method === 'HEAD') response.end();
    else await this.#watch(id, new StreamReader(response), this.access.endOf(request));
  }

  @Delete(':id')
  @ApiRoute({
    summary: 'Cancel a replay, whichever process works on it; again changes nothing',
    operationId: 'CancelReplay',
    path: ':id',
    reply: replaySchema,
  })
  cancel(@Req() request: FastifyRequest) {
    return this.commands.execute(new CancelReplay(replayIdOf(request)));
  }

  async #watch(id: string, reader: StreamReader, ended: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([reader.gone, this.boot.stopping, ended]);
    let shown = '';
    try {
      await reader.send('retry: 1000\n\n', signal);
      for await (const replay of this.boot.runtime.replays.watch(id, signal)) {
        const text = JSON.stringify(replayView(replay));
        if (text !== shown) await reader.send(`data: ${text}\n\n`, signal);
        shown = text;
      }
    } catch {
      // The reader is gone or was dropped, or the database is away: whoever comes back is told anew.
      reader.drop();
    } finally {
      reader.close();
    }
  }
}

function replayIdOf(request: FastifyRequest): string {
  const errors = new InputErrors();
  const id = idOf(request, 'id', errors);
  errors.throwIfAny();
  return id;
}

/** @throws ProblemError `malformed-input` */
function readSubmission(request: FastifyRequest): ReplaySubmission {
  const errors = new InputErrors();
  const key = readKey(request.headers, errors);
  const { value } = bodyOf(request);
  const { timeline = '', mode = 'verify', to } = { ...readFields(ReplayRequest, value, { pointer: '', errors }) };
  if (mode === 'rebuild' && to !== undefined) errors.add('/to', 'is for a verification; a rebuild goes to the head');
  errors.throwIfAny();
  return {
    timeline,
    mode,
    toVersion: to ?? null,
    key: serverRequestKey(key, request, () => comparedBody(ReplayRequest, value)),
  };
}
