import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens, once, to the next reply to a statement that carries a mark. */
export interface Ambush {
  /** The statement's name as it stands in the message to the server. */
  readonly marks: readonly string[];
  /** Bytes of the reply that the client still gets. */
  readonly bytesLetThrough: number;
  /** Told when the server has answered, before the client is cut off. */
  readonly onAnswered: () => void;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** Stands between one process and PostgreSQL, and is what the network may be. */
export class Proxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #ambush: Ambush | null = null;
  #delayMs = 0;
  #isBlackHole = false;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
  }

  static async open(databaseUrl: string): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, new URL(databaseUrl));
    server.on('connection', (client) => {
      proxy.#join(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The database's address with this proxy in it. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** From now on connections lead to another server. */
  repoint(databaseUrl: string): void {
    const { hostname, port } = new URL(databaseUrl);
    this.#target.hostname = hostname;
    this.#target.port = port;
    this.cutAll();
  }

  /** Resets every connection; returns how many there were. */
  cutAll(): number {
    const cut = this.#pairs.size;
    for (const pair of this.#pairs) cutOff(pair);
    return cut;
  }

  /** Waits for the next marked statement; what was waited for before is given up. */
  ambush(ambush: Ambush | null): void {
    this.#ambush = ambush;
  }

  /** Every chunk takes this much longer, both ways. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Swallows all that comes, both ways, without a word; ended, what was swallowed is lost and its connections are reset. */
  blackHole(swallows: boolean): void {
    if (this.#isBlackHole && !swallows) this.cutAll();
    this.#isBlackHole = swallows;
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const pair: Pair = { client, upstream: connect(Number(this.#target.port), this.#target.hostname) };
    this.#pairs.add(pair);
    let sprung: Ambush | null = null;
    for (const socket of [pair.client, pair.upstream]) {
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        pair.client.destroy();
        pair.upstream.destroy();
      });
    }
    this.#forward(pair.client, pair.upstream, (chunk) => {
      const waiting = this.#ambush;
      if (waiting?.marks.some((mark) => chunk.includes(mark)) === true) {
        this.#ambush = null;
        sprung = waiting;
      }
      return chunk;
    });
    this.#forward(pair.upstream, pair.client, (chunk) => {
      if (sprung === null) return chunk;
      const { bytesLetThrough, onAnswered } = sprung;
      pair.upstream.pause();
      onAnswered();
      if (bytesLetThrough > 0) pair.client.write(chunk.subarray(0, bytesLetThrough));
      setImmediate(() => {
        cutOff(pair);
      });
      return null;
    });
  }

  #forward(from: Socket, to: Socket, look: (chunk: Buffer) => Buffer | null): void {
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      if (this.#isBlackHole) return;
      const passing = look(chunk);
      if (passing === null) return;
      const ms = this.#delayMs;
      last = (ms === 0 ? last : last.then(() => sleep(ms))).then(() => void to.write(passing));
    });
  }
}

function cutOff({ client, upstream }: Pair): void {
  client.resetAndDestroy();
  upstream.resetAndDestroy();
}
