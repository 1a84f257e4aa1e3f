import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is dropped; it may come back. */
const STALLED_MAX_MS = 30_000;

/** Headers go out at once; from here on the response is written to directly. */
export function startStream(reply: FastifyReply): ServerResponse {
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

/** One reader of server-sent events: tells when it is gone, and keeps its connection alive. */
export class StreamReader {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', () => {
      this.#gone.abort();
    });
    // A reader that left before this line closes nothing any more.
    if (response.destroyed) this.#gone.abort();
    this.#heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(': heartbeat\n\n');
    }, HEARTBEAT_MS);
  }

  /** Aborted when the connection has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when the reader has room for more. @throws AbortError when it took nothing for too long or was not to go on */
  async send(piece: string, until: AbortSignal): Promise<void> {
    if (piece === '' || this.#response.write(piece)) return;
    const signal = AbortSignal.any([until, AbortSignal.timeout(STALLED_MAX_MS)]);
    await once(this.#response, 'drain', { signal });
  }

  /** Ends the connection without waiting for what was not taken. */
  drop(): void {
    this.#response.destroy();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#response.end();
  }
}
