import { setImmediate } from 'node:timers/promises';

/** So long one request works in a row. */
const TURN_MS = 4;
/** Pieces of which so many take no time that is worth a look at the clock. */
const SMALL_PIECES = 16;

/**
 * The turns of the event loop that one request with much to do works in, so that it holds up nobody else. Before each small
 * piece of work: `if (turns.isOver) await turns.next();`.
 */
export class Turns {
  #endMs = performance.now() + TURN_MS;
  #pieces = 0;

  /** The same before a piece that takes some microseconds at most: the clock is looked at now and then. */
  get isOverForSmall(): boolean {
    this.#pieces += 1;
    return this.#pieces % SMALL_PIECES === 0 && this.isOver;
  }

  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Resolves when everything else that is ready has had its turn. */
  async next(): Promise<void> {
    await setImmediate();
    this.#endMs = performance.now() + TURN_MS;
  }
}
