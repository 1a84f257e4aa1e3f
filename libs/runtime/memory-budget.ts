import type { State } from '#domain';
import type { Pace } from '#proof';
import type { DatabaseClock } from './clock.js';
import { MemoryShort, type MemoryStatus } from './contract.js';
import type { GrowthLimits } from './group.js';
import type { MemoryLimits } from './memory-limits.js';
import type { QueueMemory } from './work-queue.js';

/** Beyond so many parts of the limit nothing more is written: what is left is for what is under way. */
const OVER_BY = 1.25;
/** Beside the states: what is left to what is under way. One piece of work is let in whatever it takes. */
const PART_FOR_QUEUES = 0.25;
/** A time of refusals has ended when there was none for so long. */
const QUIET_MS = 60_000;

/**
 * What the states of a process may take of its memory, and take now. Whoever holds a state or makes one has an allotment,
 * and says what it takes. Where there is no room, what nobody needs is let go of, and then whoever wants more is refused:
 * a heap that is full ends the process, and with it everybody's timelines.
 */
export class MemoryBudget {
  /** For what waits in the queues of commands. */
  readonly queues: QueueMemory;
  readonly limits: MemoryLimits;
  /** For what clients' commands make of a timeline. */
  readonly growth: GrowthLimits;
  readonly #limitBytes: number;
  readonly #clock: Pick<DatabaseClock, 'monotonicMs'>;
  readonly #onShort: ((memory: MemoryStatus) => void) | undefined;
  readonly #letGo: (() => boolean)[] = [];
  /** What is on its way out: nobody asks for it any more, but something still writes it out. */
  readonly #leaving = new Set<Promise<void>>();
  #usedBytes = 0;
  #leavingBytes = 0;
  #refusals = 0;
  #shortAtMs = -Infinity;

  /**
   * The limit is of all states together that the process holds, or is making. `onShort` is told when it begins to refuse,
   * and not again before it has refused nothing for a while.
   */
  constructor(
    limits: MemoryLimits,
    clock: Pick<DatabaseClock, 'monotonicMs'>,
    onShort?: (memory: MemoryStatus) => void,
  ) {
    this.limits = limits;
    this.growth = { rowBytesMax: limits.timelineBytesMax, shortOf: (bytes) => this.#shortOf(bytes) };
    this.#limitBytes = limits.statesBytesMax;
    this.#clock = clock;
    this.#onShort = onShort;
    this.queues = this.#queueMemory(this.#limitBytes * PART_FOR_QUEUES);
  }

  get status(): MemoryStatus {
    return { usedBytes: this.#usedBytes, limitBytes: this.#limitBytes, refusals: this.#refusals };
  }

  /** `letGo` gives up one thing that nobody needs, and says whether there was any; who came last is asked first. */
  whenShort(letGo: () => boolean): void {
    this.#letGo.unshift(letGo);
  }

  allot(): Allotment {
    return new Allotment(this, (bytes) => (this.#usedBytes += bytes));
  }

  /** Whether so much more may be taken now; what nobody needs is let go of for it. */
  hasRoomFor(bytes: number): boolean {
    while (this.#usedBytes - this.#leavingBytes + bytes > this.#limitBytes && this.#letGo.some((letGo) => letGo()));
    return this.#usedBytes + bytes <= this.#limitBytes;
  }

  /** Why nobody may take so much more, if it is so; 0 asks whether anything may be done at all. */
  #shortOf(bytes: number): MemoryShort | undefined {
    const mayBe = bytes > 0 ? this.hasRoomFor(bytes) : this.#usedBytes <= this.#limitBytes * OVER_BY;
    return mayBe ? undefined : this.refuse();
  }

  /** Resolves when so much more may be taken. @throws MemoryShort */
  async makeRoom(bytes: number): Promise<void> {
    while (!this.hasRoomFor(bytes)) {
      if (this.#leaving.size === 0) throw this.refuse();
      await Promise.race(this.#leaving);
    }
  }

  /** Gives an allotment back once what still holds it has ended. */
  releaseAfter(allotment: Allotment, ending: Promise<unknown> | undefined): void {
    if (ending === undefined) {
      allotment.release();
      return;
    }
    const { bytes } = allotment;
    this.#leavingBytes += bytes;
    const left = ending
      .catch(() => undefined)
      .then(() => {
        this.#leavingBytes -= bytes;
        this.#leaving.delete(left);
        allotment.release();
      });
    this.#leaving.add(left);
  }

  #queueMemory(bytesMax: number): QueueMemory {
    let queuedBytes = 0;
    return {
      add: (bytes) => {
        if (queuedBytes > 0 && queuedBytes + bytes > bytesMax) return this.refuse();
        queuedBytes += bytes;
        return undefined;
      },
      leave: (bytes) => {
        queuedBytes -= bytes;
      },
    };
  }

  /** What is thrown at whoever is refused; counted, and reported where it is the first for a while. */
  refuse(): MemoryShort {
    this.#refusals += 1;
    const nowMs = this.#clock.monotonicMs();
    const isFirst = nowMs - this.#shortAtMs > QUIET_MS;
    this.#shortAtMs = nowMs;
    if (isFirst) this.#onShort?.(this.status);
    return new MemoryShort(`${this.#usedBytes} of the ${this.#limitBytes} bytes for states are in use`);
  }
}

/** What one holder takes of a budget. */
export class Allotment {
  readonly #budget: MemoryBudget;
  readonly #add: (bytes: number) => void;
  #bytes = 0;
  #isReleased = false;

  constructor(budget: MemoryBudget, add: (bytes: number) => void) {
    this.#budget = budget;
    this.#add = add;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** It takes so much now; false where that is more than there is room for. */
  set(bytes: number): boolean {
    if (this.#isReleased) return true;
    this.#add(bytes - this.#bytes);
    this.#bytes = bytes;
    return this.#budget.hasRoomFor(0);
  }

  /** The same of what is still growing: what it was given before stays its own. */
  grow(bytes: number): boolean {
    return bytes > this.#bytes ? this.set(bytes) : this.#budget.hasRoomFor(0);
  }

  /** Resolves when there is room for all that is taken. @throws MemoryShort */
  fits(): Promise<void> {
    return this.#budget.makeRoom(0);
  }

  release(): void {
    this.set(0);
    this.#isReleased = true;
  }
}

/** Runs work with allotments that are given back when it has ended, whatever it came to. */
export async function withAllotments<T>(
  budget: MemoryBudget,
  work: (allot: () => Allotment) => Promise<T>,
): Promise<T> {
  const given: Allotment[] = [];
  const allot = (): Allotment => {
    const allotment = budget.allot();
    given.push(allotment);
    return allotment;
  };
  try {
    return await work(allot);
  } finally {
    for (const allotment of given) allotment.release();
  }
}

/** Makes a state piece by piece; each shows it as far as it is. @throws MemoryShort where there is no room for more */
export async function growing(
  pacer: Pace,
  pieces: Iterator<State, State, undefined>,
  memory: Allotment | undefined,
): Promise<State> {
  for (;;) {
    if (pacer.mustRest) await pacer.rest();
    const { done, value } = pacer.run(() => pieces.next());
    if (memory?.grow(value.bytes) === false) await memory.fits();
    if (done === true) return value;
  }
}
