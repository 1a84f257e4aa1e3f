import { connect, type Socket } from 'node:net';
import type { Broken } from './broken.js';

/** A reply as it came over the wire. */
export interface WireReply {
  readonly status: number;
  /** By lower-case name; of several the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the client left before its end, as readers of streams do. */
  readonly isCut: boolean;
}

/** What the server did not answer, or not as HTTP says. */
class NoReply extends Error {
  override readonly name = 'NoReply';
}

const PATIENCE_MS = 30_000;
/** Events that have come by then are looked at, and the stream is left. */
const STREAM_READ_MS = 60;
/** A second reply on a connection would have come by then. */
const AFTER_REPLY_MS = 50;

interface Expected {
  readonly isHead: boolean;
  readonly isStream: boolean;
}

/** One connection that is kept alive, and opened again when the server has closed it. */
export class Line {
  readonly #url: URL;
  #socket: Socket | null = null;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** @throws NoReply */
  send(bytes: Buffer, expected: Expected): Promise<WireReply> {
    const socket = this.#open();
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0);
      let isReading = true;
      const settle = (result: WireReply | NoReply): void => {
        if (!isReading) return;
        isReading = false;
        clearTimeout(timer);
        socket.removeAllListeners('data').removeAllListeners('close');
        const isOver = result instanceof Error || result.isCut || result.headers.get('connection') === 'close';
        if (isOver) this.close();
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      const read = (isEnd: boolean): void => {
        try {
          const parsed = parseReply(received, { isHead: expected.isHead, isEnd });
          if (parsed === undefined) return;
          const { reply, size } = parsed;
          // Bytes that cannot be read as HTTP are answered with a body, whatever the method was meant to be.
          const mayFollow = expected.isHead && reply.headers.get('connection') === 'close';
          if (size < received.length && !mayFollow)
            settle(new NoReply(`${received.length - size} bytes follow the reply`));
          else settle(reply);
        } catch (error) {
          settle(error as NoReply);
        }
      };
      const timer = setTimeout(() => {
        settle(new NoReply(`no reply within ${PATIENCE_MS} ms`));
      }, PATIENCE_MS);
      socket.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        read(false);
        if (expected.isStream && isReading && headOf(received) !== undefined) {
          setTimeout(() => {
            if (isReading) settle(startOf(received));
          }, STREAM_READ_MS);
        }
      });
      socket.once('close', () => {
        read(true);
        settle(new NoReply(`the connection ended after ${received.length} bytes of the reply`));
      });
      socket.write(bytes);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    if (this.#socket !== null && !this.#socket.destroyed && this.#socket.writable) return this.#socket;
    this.#socket?.destroy();
    const socket = connect({ port: Number(this.#url.port), host: this.#url.hostname, noDelay: true });
    socket.on('error', () => undefined);
    this.#socket = socket;
    return socket;
  }
}

/** Connections on which a client broke off. Those that stall stay open until they are collected. */
export class BrokenLines {
  readonly #url: URL;
  readonly #stalled: { readonly socket: Socket; received: Buffer }[] = [];

  readonly #silenceMs: number;

  /** @param silenceMs After so long without an answer the client says that no more comes: then Node drops what it works on. */
  constructor(url: string, silenceMs = 120) {
    this.#url = new URL(url);
    this.#silenceMs = silenceMs;
  }

  /** What the server answers, until it closes the connection or has said nothing more for a moment. */
  send({ bytes, end }: Broken): Promise<readonly WireReply[]> {
    const socket = connect({ port: Number(this.#url.port), host: this.#url.hostname, allowHalfOpen: true });
    socket.on('error', () => undefined);
    if (end === 'stalled') {
      const stalled = { socket, received: Buffer.alloc(0) };
      socket.on('data', (chunk: Buffer) => (stalled.received = Buffer.concat([stalled.received, chunk])));
      this.#stalled.push(stalled);
      socket.write(bytes);
      return Promise.resolve([]);
    }
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new NoReply('a connection that the client half closed is neither answered nor closed'));
      }, PATIENCE_MS);
      let silence = setTimeout(() => socket.end(), this.#silenceMs);
      const finish = (): void => {
        clearTimeout(timer);
        clearTimeout(silence);
        socket.destroy();
        try {
          resolve(repliesIn(received));
        } catch (error) {
          reject(error instanceof Error ? error : new NoReply(String(error)));
        }
      };
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        clearTimeout(silence);
        silence = setTimeout(() => socket.end(), AFTER_REPLY_MS);
      });
      socket.once('end', finish).once('close', finish);
      if (end === 'half-closed') socket.write(bytes);
      else
        socket.write(bytes, () => {
          socket.resetAndDestroy();
        });
    });
  }

  /** Ends the connections that stalled, and gives what was answered on them. */
  collect(): readonly WireReply[] {
    const replies = this.#stalled.flatMap(({ received }) => repliesIn(received));
    for (const { socket } of this.#stalled) socket.destroy();
    this.#stalled.length = 0;
    return replies;
  }
}

/** @throws NoReply where the last reply is cut off */
function repliesIn(received: Buffer): readonly WireReply[] {
  const replies: WireReply[] = [];
  for (let rest = received; rest.length > 0;) {
    const parsed = parseReply(rest, { isHead: false, isEnd: true });
    if (parsed === undefined) throw new NoReply(`a reply was cut off: ${rest.subarray(0, 200).toString()}`);
    replies.push(parsed.reply);
    rest = rest.subarray(parsed.size);
  }
  return replies;
}

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly size: number;
}

/** The first reply in what was received; undefined while it is not all there. @throws NoReply where it is no HTTP */
function parseReply(
  received: Buffer,
  { isHead, isEnd }: { readonly isHead: boolean; readonly isEnd: boolean },
): { readonly reply: WireReply; readonly size: number } | undefined {
  const head = headOf(received);
  if (head === undefined) return undefined;
  const { status, headers, size } = head;
  const rest = received.subarray(size);
  const body =
    isHead || status === 204 || status === 304 ? { body: Buffer.alloc(0), size: 0 } : bodyIn(rest, headers, isEnd);
  return body && { reply: { status, headers, body: body.body, isCut: false }, size: size + body.size };
}

function bodyIn(
  rest: Buffer,
  headers: ReadonlyMap<string, string>,
  isEnd: boolean,
): { readonly body: Buffer; readonly size: number } | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return chunksIn(rest);
  const length = headers.get('content-length');
  if (length === undefined) return isEnd ? { body: rest, size: rest.length } : undefined;
  return rest.length < Number(length) ? undefined : { body: rest.subarray(0, Number(length)), size: Number(length) };
}

/** The head of the reply, after any that only says that more is to come. */
function headOf(received: Buffer): Head | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) throw new NoReply(`no status line: ${first.slice(0, 200)}`);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new NoReply(`no header field: ${line.slice(0, 200)}`);
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const size = end + 4;
  if (!status.startsWith('1')) return { status: Number(status), headers: new Map(headers), size };
  const final = headOf(received.subarray(size));
  return final && { ...final, size: size + final.size };
}

/** The body in chunks; of a stream that is cut those that have come whole. */
function chunksIn(rest: Buffer, isCut = false): { readonly body: Buffer; readonly size: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = rest.indexOf('\r\n', at);
    const size = line < 0 ? 0 : Number.parseInt(rest.subarray(at, line).toString('latin1'), 16);
    if (Number.isNaN(size)) throw new NoReply('a chunk without a size');
    const start = line + 2;
    const isWhole = line >= 0 && rest.length >= start + size + 2;
    if (!isWhole) return isCut ? { body: Buffer.concat(chunks), size: at } : undefined;
    if (size === 0) return { body: Buffer.concat(chunks), size: start + 2 };
    chunks.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}

/** A stream that has begun: its head and what has come of it. */
function startOf(received: Buffer): WireReply | NoReply {
  try {
    const head = headOf(received);
    if (head === undefined) return new NoReply('a stream did not begin');
    const body = chunksIn(received.subarray(head.size), true)?.body ?? Buffer.alloc(0);
    return { status: head.status, headers: head.headers, body, isCut: true };
  } catch (error) {
    return new NoReply(String(error));
  }
}
