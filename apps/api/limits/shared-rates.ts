import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { AccessStore } from '#event-log';

const SHARED_EVERY_MS = 1_000;
/** Who asks after a second of silence has a part of the whole at once, whatever others use. */
const SHARE_MIN = 0.05;
/** Clients counted at once; those beyond share one count. */
const CLIENTS_MAX = 10_000;
const THE_REST = 'the rest';

/** What one client asked of this process since the last exchange, and what it may until the next one. */
interface Count {
  wanted: number;
  /** Requests a second that this process may let in. */
  share: number;
  /** Requests that may come now: at most those of one second. */
  tokens: number;
  filledAtMs: number;
}

export interface SharedRatesOptions {
  /** Throws while the process has no database yet. */
  readonly store: () => Pick<AccessStore, 'shareDemand'>;
  readonly log: Logger;
}

/**
 * Requests a second for each client, over all processes. Each counts by itself, and once a second they tell each other through
 * the database what was wanted of them: while it is more than the limit together, each lets in its part of it. No request
 * waits for that, and with the database away each goes on with the part that it had.
 */
export class SharedRates {
  readonly #perSecond: number;
  readonly #options: SharedRatesOptions;
  readonly #process = randomUUID();
  readonly #counts = new Map<string, Count>();
  readonly #timer: NodeJS.Timeout;
  #sharing = false;

  constructor(perSecond: number, options: SharedRatesOptions) {
    this.#perSecond = perSecond;
    this.#options = options;
    this.#timer = setInterval(() => void this.#share(), SHARED_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Whether one request more may be let in now. */
  take(client: string, nowMs = performance.now()): boolean {
    const count = this.#countOf(client, nowMs);
    count.wanted += 1;
    const room = Math.max(1, count.share);
    count.tokens = Math.min(room, count.tokens + ((nowMs - count.filledAtMs) / 1_000) * count.share);
    count.filledAtMs = nowMs;
    if (count.tokens < 1) return false;
    count.tokens -= 1;
    return true;
  }

  #countOf(client: string, nowMs: number): Count {
    const known = this.#counts.get(client);
    if (known !== undefined) return known;
    if (this.#counts.size >= CLIENTS_MAX && client !== THE_REST) return this.#countOf(THE_REST, nowMs);
    const count = { wanted: 0, share: this.#perSecond, tokens: this.#perSecond, filledAtMs: nowMs };
    this.#counts.set(client, count);
    return count;
  }

  async #share(): Promise<void> {
    if (this.#sharing) return;
    this.#sharing = true;
    const wanted = new Map<string, number>();
    for (const [client, count] of this.#counts) {
      if (count.wanted === 0) this.#counts.delete(client);
      else wanted.set(client, count.wanted);
      count.wanted = 0;
    }
    try {
      if (wanted.size === 0) return;
      const ofOthers = await this.#options.store().shareDemand(this.#process, wanted);
      for (const [client, own] of wanted) this.#divide(client, own, ofOthers.get(client) ?? 0);
    } catch (error) {
      this.#options.log.debug(
        { err: error },
        'rates could not be shared; this process goes on with the part that it had',
      );
    } finally {
      this.#sharing = false;
    }
  }

  #divide(client: string, own: number, ofOthers: number): void {
    const count = this.#counts.get(client);
    if (count === undefined) return;
    const all = own + ofOthers;
    const part = all > this.#perSecond ? own / all : 1 - ofOthers / this.#perSecond;
    count.share = this.#perSecond * Math.max(SHARE_MIN, part);
  }
}
