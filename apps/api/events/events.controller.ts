import { Controller, Get, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OutcomeNames } from '#presentation';
import { Settings } from '#settings';
import { Boot } from '../boot.js';
import { InputErrors } from '../fields/read.js';
import { versionText } from '../http/pages.js';
import { timelineOf } from '../http/params.js';
import { ProblemError } from '../problems/problem-error.js';
import { queryOf, readRequest } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { page, ref, whole, words } from '../reference/schemas.js';
import { EventStream } from './event-stream.js';
import { ListEventsQuery, StreamEventsQuery, typesOf } from './event-query.js';
import { ListEvents } from './list-events.js';

@ApiTags('events')
@Controller('v1/timelines/:timeline/events')
export class EventsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly boot: Boot,
    private readonly settings: Settings,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'The log, oldest first',
    operationId: 'ListEvents',
    path: ':timeline',
    query: ListEventsQuery,
    reply: page(ref('Event'), { version: whole }),
  })
  list(@Req() request: FastifyRequest) {
    const { target, query } = readRequest(request, ListEventsQuery);
    return this.queries.execute(new ListEvents(target, query));
  }

  @Get('stream')
  @ApiRoute({
    summary: 'The log as it grows, as server-sent events; Last-Event-ID goes on without a gap',
    operationId: 'StreamEvents',
    path: ':timeline',
    query: StreamEventsQuery,
    reply: words,
    mediaType: 'text/event-stream',
  })
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { timeline, after, types } = readStreamRequest(request);
    const { runtime } = this.boot;
    const head = await runtime.read(timeline, {}, ({ version }) => version);
    if (after !== null && after > head) throw ahead({ after, head });
    if (runtime.status().streams >= this.settings.streamsMax) throw tooManyStreams(this.settings.streamsMax);
    const start = after ?? head;
    const response = startReply(reply);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await this.#follow(
      timeline,
      start,
      new EventStream(response, { names: new OutcomeNames(runtime, timeline), types }),
    );
  }

  async #follow(timeline: string, afterVersion: number, stream: EventStream): Promise<void> {
    const signal = AbortSignal.any([stream.gone, this.boot.stopping]);
    try {
      stream.open(afterVersion);
      const commits = this.boot.runtime.follow(timeline, { afterVersion, signal });
      for await (const events of commits) await stream.write(events, signal);
    } catch {
      // The reader is gone or was dropped, or the timeline cannot be followed: it comes back with Last-Event-ID and is told.
      stream.drop();
    } finally {
      stream.close();
    }
  }
}

interface StreamRequest {
  readonly timeline: string;
  /** Where to go on; null: from the head. */
  readonly after: number | null;
  readonly types: readonly string[] | undefined;
}

function readStreamRequest(request: FastifyRequest): StreamRequest {
  const errors = new InputErrors();
  const timeline = timelineOf(request, errors);
  const lastEventId = request.headers['last-event-id'];
  if (lastEventId !== undefined && !versionText.test(lastEventId)) {
    errors.add('/headers/last-event-id', `must be ${versionText.words}`);
  }
  const query = queryOf(request, StreamEventsQuery, errors);
  // A browser that reconnects sends the same URL, with what it has seen since in the header.
  const after = lastEventId ?? query.after;
  return { timeline, after: after === undefined ? null : Number(after), types: typesOf(query) };
}

/** Headers go out at once; from here on the response is written to directly. */
function startReply(reply: FastifyReply) {
  reply.hijack();
  const response = reply.raw;
  const given = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  response.writeHead(200, {
    ...(Object.fromEntries(given) as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  return response;
}

const ahead = ({ after, head }: { readonly after: number; readonly head: number }): ProblemError =>
  new ProblemError(
    'version-ahead',
    `Version ${after} is ahead of the timeline, which is at ${head}: what came after it may have been lost.`,
  );

const tooManyStreams = (streamsMax: number): ProblemError =>
  new ProblemError('too-many-streams', `This server holds ${streamsMax} streams open at most.`);
