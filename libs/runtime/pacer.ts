import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from '#proof';

/** How much work is done in a row; a command that arrives meanwhile waits this much longer. */
const SLICE_MS = 2;
/** The turn given away took at least this long elsewhere: others have work to do. */
const BUSY_MS = 0.5;
/** Among others' work: work takes a quarter of the time. */
const RESTS_PER_SLICE = 3;

/** What a pacer measures and waits by. */
export interface PacerClock {
  /** Milliseconds from any start, with fractions. */
  readonly nowMs: () => number;
  /** Resolves when everything else that is ready has had its turn. */
  readonly nextTurn: () => Promise<unknown>;
  readonly sleep: (ms: number) => Promise<unknown>;
}

const PROCESS_CLOCK: PacerClock = { nowMs: () => performance.now(), nextTurn: () => nextTurn(), sleep };

/**
 * Keeps long work beside the live timelines from getting in their way. All such work of a process shares one pacer: it does
 * about 2 ms in a row, gives the turn away, and goes on at once where nobody else had anything to do; else it rests three
 * times as long, so that it has about a quarter of the core however much of it there is.
 *
 * Before each small piece of work: `if (pacer.mustRest) await pacer.rest();`, then `pacer.run(piece)`.
 */
export class Pacer implements Pace {
  readonly #clock: PacerClock;
  #workedMs = 0;
  #resting: Promise<void> | null = null;

  constructor(clock = PROCESS_CLOCK) {
    this.#clock = clock;
  }

  /** Whether the slice is used up, or others of the paced work are resting. */
  get mustRest(): boolean {
    return this.#resting !== null || this.#workedMs >= SLICE_MS;
  }

  /** Gives the turn away; who calls it while others rest goes on together with them. */
  rest(): Promise<void> {
    this.#resting ??= this.#giveTurnAway().finally(() => {
      this.#resting = null;
    });
    return this.#resting;
  }

  /** Does a piece of work and counts the time that it takes. It must not wait for anything. */
  run<T>(piece: () => T): T {
    const startMs = this.#clock.nowMs();
    try {
      return piece();
    } finally {
      this.#workedMs += this.#clock.nowMs() - startMs;
    }
  }

  /** A piece of work that begins as soon as the pace lets it. */
  async paced<T>(piece: () => T): Promise<T> {
    if (this.mustRest) await this.rest();
    return this.run(piece);
  }

  async #giveTurnAway(): Promise<void> {
    const sliceMs = this.#workedMs;
    this.#workedMs = 0;
    const leftAtMs = this.#clock.nowMs();
    await this.#clock.nextTurn();
    const elsewhereMs = this.#clock.nowMs() - leftAtMs;
    if (elsewhereMs >= BUSY_MS) await this.#clock.sleep(sliceMs * RESTS_PER_SLICE);
  }
}

/** Does work that comes in pieces, one after the other, and resolves with its result. */
export async function runPieces<T>(pace: Pace, pieces: Iterator<unknown, T, undefined>): Promise<T> {
  for (;;) {
    if (pace.mustRest) await pace.rest();
    const piece = pace.run(() => pieces.next());
    if (piece.done === true) return piece.value;
  }
}
