import type { Head } from '#event-log';
import type { DatabaseClock } from './clock.js';

/**
 * Confirmed heads, coalesced: whoever asks while a confirmation is under way shares the next one, so that each answer was
 * asked of the database after it was asked for here, and one read serves all who wait.
 */
export class Confirmations {
  readonly #clock: DatabaseClock;
  readonly #ask: () => Promise<Head>;
  #running: Promise<Head> | null = null;
  #following: Promise<Head> | null = null;
  #confirmedAtMs: number;

  constructor(clock: DatabaseClock, ask: () => Promise<Head>) {
    this.#clock = clock;
    this.#ask = ask;
    this.#confirmedAtMs = clock.monotonicMs();
  }

  /** A head confirmed after this call. */
  next(): Promise<Head> {
    if (this.#running === null) {
      this.#running = this.#start();
      return this.#running;
    }
    this.#following ??= this.#running.then(
      () => this.#startFollowing(),
      () => this.#startFollowing(),
    );
    return this.#following;
  }

  /** How long ago a head was last confirmed, ms. */
  ageMs(): number {
    return Math.max(0, Math.round(this.#clock.monotonicMs() - this.#confirmedAtMs));
  }

  /** The head is known by other means: an append of our own. */
  observe(): void {
    this.#confirmedAtMs = this.#clock.monotonicMs();
  }

  #startFollowing(): Promise<Head> {
    this.#following = null;
    this.#running = this.#start();
    return this.#running;
  }

  async #start(): Promise<Head> {
    // A turn's worth of askers share the read: it goes out when the turn is over.
    await new Promise((resolve) => setImmediate(resolve));
    const askedAtMs = this.#clock.monotonicMs();
    try {
      const head = await this.#ask();
      this.#confirmedAtMs = askedAtMs;
      return head;
    } finally {
      if (this.#following === null) this.#running = null;
    }
  }
}
