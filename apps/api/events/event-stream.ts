import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RecordedEvent } from '#event-log';
import { presentEvent, type OutcomeNames } from '#presentation';

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is dropped; it may come back with `Last-Event-ID`. */
const STALLED_MAX_MS = 30_000;
/** So much text is written before the reader is waited for: all that is ever held for it besides one commit. */
const PIECE_CHARS = 65_536;

/**
 * Writes commits to one reader as server-sent events: `id:` is the version, `data:` the event. An event that the filter
 * hides still moves the reader on, by a bare `id:`.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #names: OutcomeNames;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #gone = new AbortController();

  constructor(
    response: ServerResponse,
    { names, types }: { readonly names: OutcomeNames; readonly types: readonly string[] | undefined },
  ) {
    this.#response = response;
    this.#names = names;
    this.#types = types && new Set(types);
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

  /** Starts the reply; a reader that loses the connection before the first event goes on from `version`. */
  open(version: number): void {
    this.#response.write(`retry: 1000\nid: ${version}\n\n`);
  }

  /** Resolves when the reader has room for more. @throws AbortError when it took nothing for too long or was not to go on */
  async write(events: readonly RecordedEvent[], until: AbortSignal): Promise<void> {
    const name = await this.#names.of(events);
    let piece = '';
    for (const event of events) {
      piece += this.#isHidden(event)
        ? `id: ${event.version}\n\n`
        : `id: ${event.version}\ndata: ${JSON.stringify(presentEvent(event, name))}\n\n`;
      if (piece.length < PIECE_CHARS) continue;
      await this.#send(piece, until);
      piece = '';
    }
    await this.#send(piece, until);
  }

  /** Ends the connection without waiting for what was not taken. */
  drop(): void {
    this.#response.destroy();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#response.end();
  }

  #isHidden({ type }: RecordedEvent): boolean {
    return this.#types !== undefined && !this.#types.has(type);
  }

  async #send(piece: string, until: AbortSignal): Promise<void> {
    if (piece === '' || this.#response.write(piece)) return;
    const signal = AbortSignal.any([until, AbortSignal.timeout(STALLED_MAX_MS)]);
    await once(this.#response, 'drain', { signal });
  }
}
