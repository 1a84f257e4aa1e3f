import { Controller, Get, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OutcomeNames } from '#presentation';
import { Settings } from '#settings';
import { Access } from '../access/access.js';
import { Boot } from '../boot.js';
import { InputErrors } from '../fields/read.js';
import { versionText } from '../http/pages.js';
import { startStream, StreamReader } from '../http/stream-reader.js';
import { clientOf } from '../limits/client.js';
import { takeStreamPlace } from '../limits/stream-places.js';
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
    private readonly access: Access,
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
    const { version: head, staleMs } = await runtime.headOf(timeline, {});
    if (after !== null && after > head) throw ahead({ after, head, staleMs });
    takeStreamPlace({ boot: this.boot, settings: this.settings }, request, reply);
    const start = after ?? head;
    const response = startStream(reply);
    if (request.method === 'HEAD') response.end();
    else
      await this.#follow(
        timeline,
        { afterVersion: start, types, ended: this.access.endOf(request), client: clientOf(request) },
        new StreamReader(response),
      );
  }

  async #follow(timeline: string, followed: Followed, reader: StreamReader): Promise<void> {
    const { afterVersion, types, ended, client } = followed;
    const { runtime, stopping } = this.boot;
    const signal = AbortSignal.any([reader.gone, stopping, ended]);
    const names = new OutcomeNames(runtime, timeline, { client, signal });
    const stream = new EventStream(reader, { names, types, paced: (piece) => runtime.paced(piece) });
    try {
      await stream.open(afterVersion, signal);
      const commits = runtime.follow(timeline, { afterVersion, signal, client });
      for await (const events of commits) await stream.write(events, signal);
    } catch {
      // The reader is gone or was dropped, or the timeline cannot be followed: it comes back with Last-Event-ID and is told.
      reader.drop();
    } finally {
      reader.close();
    }
  }
}

interface Followed {
  readonly afterVersion: number;
  readonly types: readonly string[] | undefined;
  /** Aborted when who reads may not any more. */
  readonly ended: AbortSignal;
  readonly client: string;
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

/** Only a head that the database confirmed can say that what was read is gone. */
function ahead({ after, head, staleMs }: Ahead): ProblemError {
  const where = `Version ${after} is ahead of the timeline`;
  if (staleMs === null) {
    return new ProblemError('version-ahead', `${where}, which is at ${head}: what came after it may have been lost.`);
  }
  return new ProblemError(
    'version-not-reached',
    `${where} as it is known here, at ${head}; the database cannot be asked for more at the moment.`,
  );
}

interface Ahead {
  readonly after: number;
  readonly head: number;
  /** How old the head is that is known, ms; null where it was confirmed for this request. */
  readonly staleMs: number | null;
}
