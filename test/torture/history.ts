import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { WireCommand } from './wire.js';

/** A reply as a client got it. */
export interface Reply {
  readonly status: number;
  /** From `ETag`: the version that it is about; null where there is none. */
  readonly version: number | null;
  /** From `Seed-Stale-Ms`. */
  readonly staleMs: number | null;
  readonly body: string;
}

/** What a client asked for. */
export type Asked =
  | { readonly kind: 'command'; readonly command: WireCommand; readonly expectedVersion: number | null }
  | { readonly kind: 'batch'; readonly commands: readonly WireCommand[]; readonly atomic: boolean }
  /** A key that had its effect, sent again with another body. */
  | { readonly kind: 'reuse'; readonly command: WireCommand }
  | { readonly kind: 'read'; readonly path: string };

/** One operation of one client, over all its attempts; they share the key. Times are ms of one monotonic clock. */
export interface Operation {
  readonly id: number;
  readonly client: number;
  readonly timeline: string;
  readonly asked: Asked;
  readonly key: string | null;
  /** When the first attempt was sent. */
  readonly invokedMs: number;
  /** When the attempt that was answered last was sent. */
  readonly lastInvokedMs: number;
  /** When its answer had come whole; of no answer, when the client gave up. */
  readonly completedMs: number;
  readonly attempts: number;
  /** Others with the same key were sent at the same time. */
  readonly isOneOfMany: boolean;
  /**
   * `answered`: `reply` is the whole truth. `failed`: it had no effect, says the reply. `unknown`: one of the attempts may
   * have had its effect, or may still have it.
   */
  readonly outcome: 'answered' | 'failed' | 'unknown';
  readonly reply: Reply | null;
}

/** Writes lines of JSON to a file, waiting where the disk does not keep up. */
export class LineFile {
  readonly #stream: WriteStream;
  #full: Promise<void> | null = null;

  constructor(path: string) {
    this.#stream = createWriteStream(path);
  }

  async write(value: unknown): Promise<void> {
    if (this.#full !== null) await this.#full;
    if (this.#stream.write(`${JSON.stringify(value)}\n`)) return;
    this.#full = new Promise((resolve) =>
      this.#stream.once('drain', () => {
        this.#full = null;
        resolve();
      }),
    );
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#stream.end(resolve));
  }
}

/** The values of a file of JSON lines. */
export async function* readLines<Value>(path: string): AsyncGenerator<Value, void, undefined> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    yield JSON.parse(line) as Value;
  }
}

/** How many operations a request is: of a batch every entry is one, decided and answered by itself. */
export const sizeOf = ({ asked }: Operation): number => (asked.kind === 'batch' ? asked.commands.length : 1);
