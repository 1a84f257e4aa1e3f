import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../dice.js';
import type { Arena } from './arena.js';
import { Broken, type Fault } from './faults/fault.js';

/** How often a fault was let loose, and how often it really happened. */
export interface StrikeCount {
  readonly name: string;
  readonly row: number;
  readonly tried: number;
  readonly struck: number;
}

/** Lets faults strike while clients are at work, each at times of its own, and counts. */
export class Strikes {
  readonly broken: string[] = [];
  readonly #faults: Fault[];
  readonly #arena: Arena;
  readonly #roll: Dice;
  readonly #counts = new Map<string, { tried: number; struck: number }>();
  /** Working time at which each fault strikes next, ms. */
  readonly #due = new Map<string, number>();
  /** Working time before this round, ms. */
  #beforeMs = 0;

  constructor(
    faults: readonly Fault[],
    of: { readonly arena: Arena; readonly totalSeconds: number; readonly roll: Dice },
  ) {
    this.#faults = [...faults];
    this.#arena = of.arena;
    this.#roll = of.roll;
    for (const { name, everySeconds } of faults) {
      this.#counts.set(name, { tried: 0, struck: 0 });
      // However short the run is, each has its turn.
      this.#due.set(name, 1_000 * this.#roll(Math.max(1, Math.ceil(Math.min(everySeconds, of.totalSeconds * 0.6)))));
    }
  }

  /** Strikes for so long, or until the signal; resolves to how long that was once all faults of the round are over. */
  async during(ms: number, signal: AbortSignal): Promise<number> {
    const startedMs = performance.now();
    const workedMs = (): number => performance.now() - startedMs;
    const isOver = (): boolean => signal.aborted || workedMs() >= ms;
    await Promise.all(
      this.#faults.map(async (fault) => {
        while (!isOver()) {
          const dueMs = (this.#due.get(fault.name) ?? 0) - this.#beforeMs;
          if (workedMs() >= dueMs) {
            await this.#strike(fault);
            const nextMs = fault.everySeconds * (500 + this.#roll(1_000));
            this.#due.set(fault.name, this.#beforeMs + workedMs() + nextMs);
          }
          await sleep(50);
        }
      }),
    );
    while (!isOver()) await sleep(50);
    const took = workedMs();
    this.#beforeMs += took;
    return took;
  }

  /** Strikes once, now; to be called after all others. */
  async finally(fault: Fault): Promise<void> {
    this.#faults.push(fault);
    this.#counts.set(fault.name, { tried: 0, struck: 0 });
    await this.#strike(fault);
  }

  counts(): readonly StrikeCount[] {
    return this.#faults.map(({ name, row }) => ({ name, row, tried: 0, struck: 0, ...this.#counts.get(name) }));
  }

  async #strike(fault: Fault): Promise<void> {
    const count = this.#counts.get(fault.name) ?? { tried: 0, struck: 0 };
    count.tried += 1;
    try {
      if (await fault.strike(this.#arena)) count.struck += 1;
    } catch (error) {
      // What could not be carried out fails the run as well, but not before it is over.
      this.broken.push(`${fault.name}: ${error instanceof Broken ? error.message : String(error)}`);
    }
  }
}
