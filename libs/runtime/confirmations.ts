import type { Head } from '#event-log';
import type { DatabaseClock } from './clock.js';

/** A head that the database was asked for at a time, and that the live state may not have reached yet. */
interface Claim {
  readonly askedAtMs: number;
  readonly version: number;
}

/** Claims that wait to be reached; the oldest give way, and the state then counts as older than it is. */
const CLAIMS_MAX = 32;

export interface ConfirmationsOptions {
  readonly clock: DatabaseClock;
  /** Reads the head from the database. */
  readonly ask: () => Promise<Head>;
  /** Whether the live state has taken in that version. */
  readonly hasReached: (version: number) => boolean;
  /** When the state was begun to be loaded: all that was committed before is in it. Monotonic, ms. */
  readonly loadedAtMs: number;
}

/**
 * Confirmed heads, coalesced: whoever asks while a confirmation is under way shares the next one, so that each answer was
 * asked of the database after it was asked for here, and one read serves all who wait. Also how old the live state is: it
 * holds all that was committed before the newest question whose answer it has reached.
 */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  #running: Promise<Head> | null = null;
  /** Whether the one that runs has not gone out yet: whoever asks now is asked for with it. */
  #isGathering = false;
  #following: Promise<Head> | null = null;
  #currentAtMs: number;
  #claims: Claim[] = [];

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
    this.#currentAtMs = options.loadedAtMs;
  }

  /** A head confirmed after this call. */
  next(): Promise<Head> {
    if (this.#running === null) {
      this.#running = this.#start();
      return this.#running;
    }
    if (this.#isGathering) return this.#running;
    this.#following ??= this.#running.then(
      () => this.#startFollowing(),
      () => this.#startFollowing(),
    );
    return this.#following;
  }

  /** How long ago the live state was known to be all that there is, ms. */
  ageMs(): number {
    this.#claims = this.#claims.filter(({ askedAtMs, version }) => {
      const isReached = this.#options.hasReached(version);
      if (isReached) this.observe(askedAtMs);
      return !isReached;
    });
    return Math.max(0, this.#options.clock.monotonicMs() - this.#currentAtMs);
  }

  /** The state was all that there was at that time, known by other means: an append of our own. */
  observe(atMs: number): void {
    this.#currentAtMs = Math.max(this.#currentAtMs, atMs);
  }

  #startFollowing(): Promise<Head> {
    this.#following = null;
    this.#running = this.#start();
    return this.#running;
  }

  async #start(): Promise<Head> {
    // A turn's worth of askers share the read: it goes out when the turn is over.
    this.#isGathering = true;
    await new Promise((resolve) => setImmediate(resolve));
    this.#isGathering = false;
    const askedAtMs = this.#options.clock.monotonicMs();
    try {
      const head = await this.#options.ask();
      this.#claim({ askedAtMs, version: head.version });
      return head;
    } finally {
      if (this.#following === null) this.#running = null;
    }
  }

  /** A newer question with the same answer, or an older one, says more than the one before it. */
  #claim(claim: Claim): void {
    this.#claims = this.#claims.filter(({ version }) => version < claim.version).slice(1 - CLAIMS_MAX);
    this.#claims.push(claim);
  }
}
