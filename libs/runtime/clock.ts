import { ClockDisagreement } from './contract.js';

/** Where a process reads its own time; injected, so that tests can set it back and forward. */
export interface ProcessClock {
  /** The process's idea of the date, ms since the Unix epoch. */
  dateMs(): number;
  /** Monotonic, ms from an arbitrary start. */
  monotonicMs(): number;
}

export const systemClock = (offsetMs: number): ProcessClock => ({
  dateMs: () => Date.now() + offsetMs,
  monotonicMs: () => performance.now(),
});

/** A process whose clock differs from the database's by more than this must not write. */
export const CLOCK_DIFFERENCE_MAX_MS = 5_000;

/**
 * The time of wall-clock timelines: the database's clock as last read, and the monotonic time since. Every answer of the
 * database reads it anew, so that a process that slept or drifted writes no time that did not pass.
 */
export class DatabaseClock {
  readonly #process: ProcessClock;
  #readMs: number | null = null;
  #readAtMonotonicMs = 0;
  #differenceMs = 0;

  constructor(process: ProcessClock) {
    this.#process = process;
  }

  /** Takes note of a reading of the database's clock. */
  observe(databaseTimeMs: number): void {
    this.#readMs = databaseTimeMs;
    this.#readAtMonotonicMs = this.#process.monotonicMs();
    this.#differenceMs = Math.round(this.#process.dateMs() - databaseTimeMs);
  }

  /** The process's clock less the database's at the last reading. */
  get differenceMs(): number {
    return this.#differenceMs;
  }

  get disagrees(): boolean {
    return Math.abs(this.#differenceMs) > CLOCK_DIFFERENCE_MAX_MS;
  }

  monotonicMs(): number {
    return this.#process.monotonicMs();
  }

  /** Now, as the database would say; 0 before the first reading. */
  nowMs(): number {
    if (this.#readMs === null) return 0;
    return Math.floor(this.#readMs + this.#process.monotonicMs() - this.#readAtMonotonicMs);
  }

  assertAgrees(): void {
    if (!this.disagrees) return;
    throw new ClockDisagreement(
      `this process's clock is ${this.#differenceMs} ms from the database's; ` +
        `set the clocks right (${CLOCK_DIFFERENCE_MAX_MS} ms are allowed)`,
    );
  }
}
