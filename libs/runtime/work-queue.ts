import { Overloaded } from './contract.js';
import type { Work } from './work.js';

export interface WorkQueueLimits {
  readonly commandsQueuedMax: number;
  /** How many entries one round takes at most. */
  readonly entriesPerRoundMax: number;
  readonly monotonicMs: () => number;
}

/**
 * What waits in front of a timeline, in order of arrival; bounded by commands, not by pieces of work. Each is answered by
 * its own deadline, whatever the round that it waits for or is part of is waiting for.
 */
export class WorkQueue {
  readonly #limits: WorkQueueLimits;
  #works: Work[] = [];
  #commands = 0;
  /** Rings when the first of them is due. */
  #alarm: { readonly timer: NodeJS.Timeout; readonly atMs: number } | null = null;

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
    this.#setAlarm(work.deadlineMs);
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

  dropExpired(): void {
    const nowMs = this.#limits.monotonicMs();
    for (const work of this.#works) if (!work.isOver && work.deadlineMs <= nowMs) work.expire();
    this.dropFinished();
  }

  failAll(fault: Error): void {
    for (const work of this.#works) work.fail(fault);
    this.#works = [];
  }

  /** One timer for all of them: most are answered long before it rings. */
  #setAlarm(atMs: number): void {
    if (this.#alarm !== null && this.#alarm.atMs <= atMs) return;
    if (this.#alarm !== null) clearTimeout(this.#alarm.timer);
    const ring = (): void => {
      this.#alarm = null;
      this.dropExpired();
      const first = this.#works.reduce((least, { deadlineMs }) => Math.min(least, deadlineMs), Infinity);
      if (first < Infinity) this.#setAlarm(first);
    };
    const timer = setTimeout(ring, Math.max(1, Math.ceil(atMs - this.#limits.monotonicMs())));
    this.#alarm = { timer: timer.unref(), atMs };
  }
}
