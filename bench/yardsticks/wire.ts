import type { Socket } from 'node:net';
import type pg from 'pg';

/**
 * A connection of pg whose socket is used directly, since pg's own objects for a statement cost Node more than the
 * statement costs the server: what is left is as near to pgbench as Node comes. One request is under way at a time.
 */
export class Wire {
  readonly #socket: Socket;
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #done: (bytes: number) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  /** Takes the connection over: pg hears nothing of it any more, and `end` closes it. */
  constructor(client: pg.Client) {
    const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    stream.removeAllListeners();
    stream.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    stream.on('error', (error) => {
      this.#failed(error);
    });
    this.#socket = stream;
  }

  /** Sends messages that end in a Sync or a Query; resolves with the bytes of the answer when the server is ready again. */
  request(messages: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#bytes = 0;
      this.#tail = Buffer.alloc(0);
      this.#done = resolve;
      this.#failed = reject;
      this.#socket.write(messages);
    });
  }

  end(): void {
    this.#socket.end(TERMINATE);
  }

  #take(chunk: Buffer): void {
    if (this.#bytes === 0 && chunk[0] === ERROR) {
      this.#failed(new Error(`the server refused: ${chunk.toString('latin1')}`));
      return;
    }
    this.#bytes += chunk.length;
    this.#tail = chunk.length >= READY.length ? chunk : Buffer.concat([this.#tail, chunk]);
    if (this.#tail.subarray(-READY.length).equals(READY)) this.#done(this.#bytes);
  }
}

const ERROR = 'E'.charCodeAt(0);
/** ReadyForQuery, outside a transaction: the end of every answer. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);
/** Execute of the unnamed portal without a limit, and Sync. */
const EXECUTE_AND_SYNC = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4]);

/** Bind, Execute and Sync of a statement that was prepared under a name, its parameters as text. */
export function executePrepared(name: string, values: readonly string[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`\0${name}\0`), int16(0), int16(values.length)];
  for (const value of values) parts.push(int32(Buffer.byteLength(value)), Buffer.from(value));
  parts.push(int16(0));
  return Buffer.concat([message('B', Buffer.concat(parts)), EXECUTE_AND_SYNC]);
}

export const simpleQuery = (text: string): Buffer => message('Q', Buffer.from(`${text}\0`));

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
