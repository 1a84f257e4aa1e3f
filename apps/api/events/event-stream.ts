import { isMarketBirthType } from '#domain';
import type { RecordedEvent } from '#event-log';
import { presentEvent, type OutcomeName, type OutcomeNames } from '#presentation';
import type { Runtime } from '#runtime';
import type { StreamReader } from '../http/stream-reader.js';

/** So much text is written before the reader is waited for: all that is ever held for it besides one commit. */
const PIECE_CHARS = 65_536;
/** So many events at once are those of a reader that catches up: they are shown at a pace that leaves commands their turns. */
const CATCHING_UP_EVENTS = 200;

interface StreamOptions {
  readonly names: OutcomeNames;
  /** Undefined: all. */
  readonly types: readonly string[] | undefined;
  readonly paced: Runtime['paced'];
}

/**
 * Writes commits to one reader as server-sent events: `id:` is the version, `data:` the event. Events that the filter hides
 * still move the reader on, by a bare `id:` of the last of them.
 */
export class EventStream {
  readonly #reader: StreamReader;
  readonly #names: OutcomeNames;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #paced: Runtime['paced'];

  constructor(reader: StreamReader, { names, types, paced }: StreamOptions) {
    this.#reader = reader;
    this.#names = names;
    this.#types = types && new Set(types);
    this.#paced = paced;
  }

  /** Starts the reply; a reader that loses the connection before the first event goes on from `version`. */
  open(version: number, until: AbortSignal): Promise<void> {
    return this.#reader.send(`retry: 1000\nid: ${version}\n\n`, until);
  }

  /** Resolves when the reader has room for more. @throws AbortError when it took nothing for too long or was not to go on */
  async write(events: readonly RecordedEvent[], until: AbortSignal): Promise<void> {
    const types = this.#types;
    const shown = types === undefined ? events : events.filter(({ type }) => types.has(type));
    const name = await this.#names.of(
      types === undefined ? events : [...events.filter(({ type }) => isMarketBirthType(type)), ...shown],
    );
    const pieces = piecesOf(shown, name);
    for (;;) {
      const next = () => pieces.next();
      const piece = events.length < CATCHING_UP_EVENTS ? next() : await this.#paced(next);
      if (piece.done === true) break;
      await this.#reader.send(piece.value, until);
    }
    const last = events.at(-1)?.version;
    if (last !== undefined && last !== shown.at(-1)?.version) await this.#reader.send(`id: ${last}\n\n`, until);
  }
}

function* piecesOf(events: readonly RecordedEvent[], name: OutcomeName): Generator<string> {
  let piece = '';
  for (const event of events) {
    piece += `id: ${event.version}\ndata: ${JSON.stringify(presentEvent(event, name))}\n\n`;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
