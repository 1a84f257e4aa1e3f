import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { runCallers, type Loop } from '../rounds.js';
import { Connection, type Answer } from './connection.js';

/** So many requests a second, for so long. */
export interface Pace {
  readonly perSecond: number;
  readonly ms: number;
}

/** So many kept-alive connections to one server. */
export class Clients {
  readonly #connections: readonly Connection[];

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  static async open(bench: Bench, { url, count }: { readonly url: string; readonly count: number }): Promise<Clients> {
    const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(url)));
    bench.atEnd(async () => {
      connections.forEach((connection) => {
        connection.close();
      });
    });
    return new Clients(connections);
  }

  /** Each client asks again as soon as it is answered. Throws at the first answer that is no success. */
  loop(limits: { readonly ms: number; readonly countMax: number }, nth: (n: number) => Buffer): Promise<Loop> {
    return runCallers({ callers: this.#connections.length, ...limits }, (client, n) => this.#ask(client, nth(n)));
  }

  /**
   * Asks at a fixed rate, whether or not earlier requests were answered: one that finds no client free waits for one, and
   * its latency counts from when it was due. So a stall of the server is seen by all that were due in it.
   */
  async atRate(pace: Pace, nth: (n: number) => Buffer): Promise<readonly number[]> {
    const latenciesMs: number[] = [];
    const free = this.#connections.map((_, client) => client);
    const underWay = new Set<Promise<void>>();
    for await (const { n, dueMs } of dueRequests(pace)) {
      while (free.length === 0) await Promise.race(underWay);
      const client = free.pop() ?? 0;
      const asking = this.#ask(client, nth(n)).then(() => {
        latenciesMs.push(performance.now() - dueMs);
        free.push(client);
        underWay.delete(asking);
      });
      underWay.add(asking);
    }
    await Promise.all(underWay);
    return latenciesMs;
  }

  async #ask(client: number, bytes: Buffer): Promise<void> {
    const connection = this.#connections[client];
    if (connection === undefined) throw new RangeError(`there is no client ${client}`);
    assertSuccess(await connection.request(bytes));
  }
}

function assertSuccess({ status, body }: Answer): void {
  if (status < 200 || status > 299) throw new Error(`answered ${status}: ${body.toString()}`);
}

/**
 * Requests in the order in which they are due. A timer is late by a millisecond or so of its own, which is not the
 * server's: a request is due when the timer that should send it fires.
 */
async function* dueRequests({ perSecond, ms }: Pace): AsyncGenerator<{ readonly n: number; readonly dueMs: number }> {
  const total = Math.floor((perSecond * ms) / 1_000);
  const startMs = performance.now();
  for (let n = 0; n < total; await sleep(1)) {
    const dueMs = performance.now();
    for (; n < total && n < ((dueMs - startMs) * perSecond) / 1_000; n += 1) yield { n, dueMs };
  }
}
