/** One block of a stream of server-sent events. */
export interface Block {
  readonly id: number | null;
  /** The event; null for a block that carries none. */
  readonly data: { readonly version: number; readonly type: string; readonly data: Record<string, unknown> } | null;
}

/** Reads a stream of events block by block. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  readonly #decoder = new TextDecoder();
  #text = '';

  private constructor(
    readonly response: Response,
    abort: AbortController,
  ) {
    if (response.body === null) throw new Error('no body');
    this.#reader = response.body.getReader();
    this.#abort = abort;
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController();
    return new EventReader(await fetch(url, { headers, signal: abort.signal }), abort);
  }

  /** The next block; undefined when the stream has ended. */
  async next(): Promise<Block | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return parseBlock(block);
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Blocks until one with this id has come. */
  async until(id: number): Promise<readonly Block[]> {
    const blocks: Block[] = [];
    for (;;) {
      const block = await this.next();
      if (block === undefined) throw new Error(`the stream ended before ${id}`);
      blocks.push(block);
      if (block.id === id) return blocks;
    }
  }

  close(): void {
    this.#abort.abort();
    this.#reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): Block {
  const fieldOf = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const id = fieldOf('id');
  const data = fieldOf('data');
  return {
    id: id === undefined ? null : Number(id),
    data: data === undefined ? null : (JSON.parse(data) as Block['data']),
  };
}
