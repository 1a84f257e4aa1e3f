import { DeadlineExceeded, Overloaded } from './contract.js';
import type { Work } from './work.js';

export interface WorkQueueLimits {
  readonly commandsQueuedMax: number;
  /** How many entries one round takes at most. */
  readonly entriesPerRoundMax: number;
}

/** What waits in front of a timeline, in order of arrival; bounded by commands, not by pieces of work. */
export class WorkQueue {
  readonly #limits: WorkQueueLimits;
  #works: Work[] = [];
  #commands = 0;

  constructor(limits: WorkQueueLimits) {
    this.#limits = limits;
  }

  /** Commands that wait or are under way. */
  get commands(): number {
    return this.#commands;
  }

  get isEmpty(): boolean {
    return this.#works.length === 0;
  }

  /** Throws `Overloaded` when full. */
  add(work: Work): void {
    const { commandsQueuedMax } = this.#limits;
    const commands = work.entries.length;
    if (this.#commands + commands > commandsQueuedMax) {
      throw new Overloaded(`${this.#commands} commands are queued; ${commandsQueuedMax} is the limit`);
    }
    this.#commands += commands;
    this.#works.push(work);
    const leave = (): void => {
      this.#commands -= commands;
    };
    work.finished.then(leave, leave);
  }

  /** What a round may decide. What arrives later waits: its keys were not looked up, its head was not confirmed. */
  next(): readonly Work[] {
    const works: Work[] = [];
    let entries = 0;
    for (const work of this.#works) {
      if (entries >= this.#limits.entriesPerRoundMax) break;
      works.push(work);
      entries += work.remaining;
    }
    return works;
  }

  dropFinished(): void {
    if (this.#works.some((work) => work.isOver)) this.#works = this.#works.filter((work) => !work.isOver);
  }

  dropExpired(nowMs: number): void {
    for (const work of this.#works) {
      if (work.deadlineMs < nowMs) work.fail(new DeadlineExceeded('the command was not reached before its deadline'));
    }
    this.dropFinished();
  }

  failAll(fault: Error): void {
    for (const work of this.#works) work.fail(fault);
    this.#works = [];
  }
}
