import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sortedJson } from '#presentation';
import { actorOf } from '../access/principal.js';
import { Boot } from '../boot.js';
import type { Executed } from '../commands/submit-command.js';
import { objectSchema } from '../fields/field.js';
import { InputErrors } from '../fields/read.js';
import { readKey, versionTag } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { asSent, requestKey } from '../http/request-key.js';
import { ApiRoute } from '../reference/route-docs.js';
import { listOf, object, oneOf, orNull, whole, words, yesOrNo } from '../reference/schemas.js';
import { BUILD } from '#settings';
import { SubmitTimeline } from '../timelines/submit-timeline.js';
import { LegacyImport, readLegacyImport } from './legacy-import.js';

const importSchema = object({
  version: whole,
  result: object({ timeline: words, agents: whole, stakes: whole, markets: whole, documents: whole }),
});

const liveTimelineSchema = object({
  name: words,
  version: whole,
  chainHash: orNull(words),
  queued: whole,
  commits: whole,
  lostAppends: whole,
  snapshotVersion: orNull(whole),
  stopped: orNull(object({ version: whole, reason: words })),
});

const statusSchema = object({
  release: words,
  commit: orNull(words),
  phase: words,
  writer: words,
  node: words,
  uptimeSeconds: whole,
  memoryBytes: whole,
  draining: yesOrNo,
  databaseAvailable: yesOrNo,
  databaseReadOnly: yesOrNo,
  standbyMissing: yesOrNo,
  clockDifferenceMs: { type: 'number' },
  streams: whole,
  memory: object({ usedBytes: whole, limitBytes: whole, refusals: whole }),
  replays: listOf(
    object({
      id: words,
      timeline: words,
      mode: oneOf('verify', 'rebuild'),
      version: whole,
      of: orNull(whole),
      eventsPerSecond: whole,
    }),
  ),
  timelines: listOf(liveTimelineSchema),
});

@ApiTags('admin')
@Controller('v1/admin')
export class AdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly boot: Boot,
  ) {}

  @Get('status')
  @ApiRoute({ summary: 'This process and what it has live', operationId: 'GetStatus', reply: statusSchema })
  status() {
    return {
      release: BUILD.version,
      commit: BUILD.commit,
      phase: this.boot.phase,
      node: process.version,
      uptimeSeconds: Math.floor(process.uptime()),
      memoryBytes: process.memoryUsage.rss(),
      ...this.boot.runtime.status(),
    };
  }

  @Post('import-legacy')
  @ApiRoute({
    summary: 'Read a directory of the replaced system into a new timeline',
    operationId: 'ImportLegacy',
    body: objectSchema(LegacyImport),
    keyed: true,
    status: 201,
    reply: importSchema,
  })
  async importLegacy(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const errors = new InputErrors();
    const key = readKey(request.headers, errors);
    const { value } = bodyOf(request);
    const { timeline, commands } = readLegacyImport(value, errors);
    const submitted = new SubmitTimeline(timeline, commands, {
      actor: actorOf(request),
      key: requestKey(key, request, () => asSent(sortedJson(value))),
    });
    const executed = await this.commands.execute(submitted);
    void reply.header('etag', versionTag(executed.version)).header('location', `/v1/timelines/${timeline}`);
    return importReply(timeline, executed);
  }
}

/** What came in, by number: the events carry every file whole, and stand in the log. */
function importReply(timeline: string, { version, events }: Executed) {
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  return {
    version,
    result: {
      timeline,
      agents: count('AgentRegistered'),
      stakes: count('LegacyStakeImported'),
      markets: count('LegacyMarketImported'),
      documents: count('DocumentSaved'),
    },
  };
}
