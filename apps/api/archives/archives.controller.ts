import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { importArchive, proveApart, writeArchive } from '#archives';
import { FairSemaphore } from '#runtime';
import { Settings } from '#settings';
import { Boot } from '../boot.js';
import { InputErrors } from '../fields/read.js';
import { archiveBodyOf, ARCHIVE_MEDIA_TYPE } from '../http/archive-body.js';
import { goneSignal } from '../http/gone.js';
import { clientOf } from '../limits/client.js';
import { ProblemError } from '../problems/problem-error.js';
import { queryOf } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { anything, listOf, object, whole, words, yesOrNo } from '../reference/schemas.js';
import { ExportQuery, ImportQuery, renamingOf } from './archive-queries.js';
import { importReply } from './import-reply.js';
import { SpooledArchive, tooLarge } from './spooled-archive.js';

const importedSchema = object({
  timelines: listOf(object({ timeline: words, version: whole, chainHash: words, already: yesOrNo })),
});

/** Exports at once: each reads all of a log, for as long as its reader takes. */
const EXPORTS_MAX = 4;
const EXPORTS_WAITING_MAX = 16;

/** Whole logs as files (`docs/archives.md`): out of this server, and into it. */
@ApiTags('admin')
@Controller('v1/admin')
export class ArchivesController {
  readonly #places = new FairSemaphore({ runningMax: EXPORTS_MAX, waitingMax: EXPORTS_WAITING_MAX });
  /** Those that wait for a place among them. */
  #exports = 0;
  #isImporting = false;

  constructor(
    private readonly boot: Boot,
    private readonly settings: Settings,
  ) {}

  @Get('export')
  @ApiRoute({
    summary: 'An archive of a timeline with its ancestry, or of all timelines, as of now',
    operationId: 'ExportArchive',
    query: ExportQuery,
    reply: anything,
    mediaType: ARCHIVE_MEDIA_TYPE,
  })
  async export(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { timeline } = queryOf(request, ExportQuery, new InputErrors());
    if (timeline !== undefined && (await this.boot.reads.findTimeline(timeline)) === undefined) {
      throw new ProblemError('timeline-unknown', `There is no timeline ${timeline}.`);
    }
    void reply.header('content-disposition', `attachment; filename="${timeline ?? 'all'}.seed.gz"`);
    void reply.header('cache-control', 'no-store').type(ARCHIVE_MEDIA_TYPE);
    // An empty stream: without a body it would be said that the archive has no bytes.
    if (request.method === 'HEAD') void reply.send(Readable.from([]));
    else await this.#exportInTurn(request, reply, timeline);
  }

  @Post('import')
  @ApiRoute({
    summary: 'Import an archive whole, or not at all',
    operationId: 'ImportArchive',
    query: ImportQuery,
    body: anything,
    bodyMediaType: ARCHIVE_MEDIA_TYPE,
    status: 201,
    reply: importedSchema,
  })
  async import(@Req() request: FastifyRequest) {
    const query = queryOf(request, ImportQuery, new InputErrors());
    const upload = archiveBodyOf(request);
    const { importMaxBytes } = this.settings;
    if (Number(request.headers['content-length'] ?? 0) > importMaxBytes) throw tooLarge(importMaxBytes);
    if (this.#isImporting) throw new ProblemError('overloaded', 'This process imports another archive.');
    this.#isImporting = true;
    try {
      return importReply(await this.#import(request, upload, query));
    } finally {
      this.#isImporting = false;
    }
  }

  async #exportInTurn(request: FastifyRequest, reply: FastifyReply, timeline: string | undefined): Promise<void> {
    const { streamsMax } = this.settings;
    if (this.boot.runtime.status().streams + this.#exports >= streamsMax) {
      throw new ProblemError('too-many-streams', `This server holds ${streamsMax} streams open at most.`);
    }
    this.#exports += 1;
    try {
      const waiting = { client: clientOf(request), signal: goneSignal(reply) };
      await this.#places.run(() => this.#send(reply, timeline), waiting);
    } finally {
      this.#exports -= 1;
    }
  }

  /**
   * Waits for the first bytes, so that what goes wrong before them is told as a problem; later the connection breaks. Resolves
   * when all is sent.
   */
  async #send(reply: FastifyReply, timeline: string | undefined): Promise<void> {
    const chunks = writeArchive(this.boot.reads, timeline === undefined ? {} : { timeline });
    const first = await chunks.next();
    const bytes = Readable.from(startingWith(first, chunks), { objectMode: false, signal: this.boot.stopping });
    void reply.send(bytes);
    await finished(bytes).catch(() => undefined);
  }

  async #import(request: FastifyRequest, upload: Readable, query: ImportQuery) {
    const signal = this.boot.stopping;
    const spooled = await SpooledArchive.from(upload, { bytesMax: this.settings.importMaxBytes, signal });
    try {
      // From here on nothing moves on the connection until the reply.
      request.raw.socket.setTimeout(0);
      const checked = await proveApart(spooled.read(), {
        heapMaxMib: this.settings.importHeapMaxMib,
        unpackedBytesMax: this.settings.importUnpackedMaxBytes,
        acceptStopped: query.acceptStopped === 'true',
        signal,
      });
      const options = { checked, rename: renamingOf(query), withKeys: query.withKeys === 'true' };
      return await importArchive(this.boot.log, spooled.read(), options);
    } catch (error) {
      throw signal.aborted ? new ProblemError('draining', 'The server is stopping; nothing was imported.') : error;
    } finally {
      await spooled.close();
    }
  }
}

async function* startingWith(first: IteratorResult<Buffer>, others: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.done !== true) yield first.value;
    yield* others;
  } finally {
    await others.return(undefined);
  }
}
