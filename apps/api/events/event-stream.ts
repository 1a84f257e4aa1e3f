import type { RecordedEvent } from '#event-log';
import { presentEvent, type OutcomeNames } from '#presentation';
import type { StreamReader } from '../http/stream-reader.js';

/** So much text is written before the reader is waited for: all that is ever held for it besides one commit. */
const PIECE_CHARS = 65_536;

/**
 * Writes commits to one reader as server-sent events: `id:` is the version, `data:` the event. An event that the filter
 * hides still moves the reader on, by a bare `id:`.
 */
export class EventStream {
  readonly #reader: StreamReader;
  readonly #names: OutcomeNames;
  readonly #types: ReadonlySet<string> | undefined;

  constructor(
    reader: StreamReader,
    { names, types }: { readonly names: OutcomeNames; readonly types: readonly string[] | undefined },
  ) {
    this.#reader = reader;
    this.#names = names;
    this.#types = types && new Set(types);
  }

  /** Starts the reply; a reader that loses the connection before the first event goes on from `version`. */
  open(version: number, until: AbortSignal): Promise<void> {
    return this.#reader.send(`retry: 1000\nid: ${version}\n\n`, until);
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
      await this.#reader.send(piece, until);
      piece = '';
    }
    await this.#reader.send(piece, until);
  }

  #isHidden({ type }: RecordedEvent): boolean {
    return this.#types !== undefined && !this.#types.has(type);
  }
}
