import { reasonOf, unavailable } from '../failure.js';
import type { Server } from '../server/find-server.js';
import { isPassing, refusalIn, type Reply } from '../server/request.js';
import type { Streamed } from './desk.js';
import type { PresentedEvent } from '#presentation';

/** The server sends a heartbeat every 15 s: a connection silent for so long is dead. */
const silenceMaxMs = 45_000;

/**
 * One connection to a stream of server-sent events. It ends when the server or the signal ends it.
 *
 * @throws Failure `server-unavailable` where it breaks or cannot be had for now, or why the server refuses it
 */
export async function* readServerEvents(
  { url, headers }: Pick<Server, 'url' | 'headers'>,
  signal: AbortSignal,
): AsyncGenerator<Streamed> {
  const silence = new Silence();
  const ended = AbortSignal.any([signal, silence.signal]);
  try {
    const response = await fetch(url, { signal: ended, headers: { ...headers, accept: 'text/event-stream' } });
    if (!response.ok || response.body === null) throw await refusalOf(response);
    let text = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      silence.broken();
      const blocks = (text + piece).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) yield* streamedIn(block);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Error && error.name === 'Failure') throw error;
    throw unavailable('server-unavailable', `The stream of events broke: ${reasonOf(error)}.`, error);
  } finally {
    silence.end();
  }
}

/** Aborts what has been silent for too long. */
class Silence {
  readonly #abort = new AbortController();
  #timer = this.#start();

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  broken(): void {
    this.end();
    this.#timer = this.#start();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#abort.abort(new Error('the server has gone silent'));
    }, silenceMaxMs);
  }
}

/** A block without an id is a heartbeat. */
function* streamedIn(block: string): Generator<Streamed> {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const [id, data] = [fields.get('id'), fields.get('data')];
  if (id !== undefined)
    yield { version: Number(id), event: data === undefined ? null : (JSON.parse(data) as PresentedEvent) };
}

async function refusalOf(response: Response): Promise<Error> {
  const body: unknown = await response.json().catch(() => undefined);
  const reply: Reply = { status: response.status, body };
  const refusal = refusalIn(reply);
  if (!isPassing(reply)) return refusal;
  return unavailable('server-unavailable', refusal.message, refusal);
}
