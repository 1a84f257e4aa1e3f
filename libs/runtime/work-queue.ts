import { type MemoryShort, Overloaded } from './contract.js';
import type { Work } from './work.js';

/** What the commands that wait in all queues of a process may take of its memory. */
export interface QueueMemory {
  /** Why there is no room for so much more, if there is none. */
  add(bytes: number): MemoryShort | undefined;
  leave(bytes: number): void;
}

export interface WorkQueueLimits {
  readonly commandsQueuedMax: number;
  /** How many entries one round takes at most. */
  readonly entriesPerRoundMax: number;
  readonly monotonicMs: () => number;
  readonly memory: QueueMemory;
}

/** When all places are taken, others may have so large a part of as many again. */
const SHARE_WHEN_FULL = 1 / 8;

/** What one principal has waiting, in order of arrival. */
interface Lane {
  works: Work[];
  commands: number;
}

/**
 * What waits in front of a timeline; bounded by commands, not by pieces of work. Each principal's work is done in order of
 * arrival, and the principals take turns: however much one of them sends, another waits for no more than a round of each of
 * those that came before. Each work is answered by its own deadline, whatever the round that it waits for or is part of is
 * waiting for.
 */
export class WorkQueue {
  readonly #limits: WorkQueueLimits;
  /** By principal; the first one's turn is next. */
  readonly #lanes = new Map<string, Lane>();
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
    return this.#lanes.size === 0;
  }

  /** Throws `Overloaded` when it is full, and `MemoryShort` when the process has no room for it. */
  add(work: Work): void {
    const { commandsQueuedMax, memory } = this.#limits;
    const commands = work.entries.length;
    let lane = this.#lanes.get(work.actor);
    if (!this.#hasRoomFor(commands, lane)) {
      throw new Overloaded(`${this.#commands} commands are queued; ${commandsQueuedMax} is the limit`);
    }
    const short = memory.add(work.bytes);
    if (short !== undefined) throw short;
    if (lane === undefined) {
      lane = { works: [], commands: 0 };
      this.#lanes.set(work.actor, lane);
    }
    lane.works.push(work);
    lane.commands += commands;
    this.#commands += commands;
    const leave = (): void => {
      lane.commands -= commands;
      this.#commands -= commands;
      memory.leave(work.bytes);
    };
    work.finished.then(leave, leave);
    this.#setAlarm(work.deadlineMs);
  }

  /**
   * What a round may decide: a piece of work of each principal in turn, and again. What arrives later waits: its keys were
   * not looked up, its head was not confirmed. The next round begins with whoever had no turn in this one.
   */
  next(): readonly Work[] {
    const works: Work[] = [];
    const lanes = [...this.#lanes];
    let entries = 0;
    let turns = 0;
    for (let depth = 0; ; depth += 1) {
      const before = turns;
      for (const [, { works: waiting }] of lanes) {
        const work = waiting[depth];
        if (work === undefined) continue;
        if (entries >= this.#limits.entriesPerRoundMax) return this.#after(works, lanes.slice(0, turns));
        works.push(work);
        entries += work.remaining;
        turns += 1;
      }
      if (turns === before) break;
    }
    return this.#after(works, lanes.slice(0, 1));
  }

  dropFinished(): void {
    for (const [actor, lane] of this.#lanes) {
      if (lane.works.some((work) => work.isOver)) lane.works = lane.works.filter((work) => !work.isOver);
      if (lane.works.length === 0) this.#lanes.delete(actor);
    }
  }

  dropExpired(): void {
    const nowMs = this.#limits.monotonicMs();
    for (const work of this.#all()) if (!work.isOver && work.deadlineMs <= nowMs) work.expire();
    this.dropFinished();
  }

  failAll(fault: Error): void {
    for (const work of this.#all()) work.fail(fault);
    this.#lanes.clear();
  }

  *#all(): Generator<Work, void, undefined> {
    for (const { works } of this.#lanes.values()) yield* works;
  }

  /** Those that had their turn come last. */
  #after(works: readonly Work[], served: readonly (readonly [string, Lane])[]): readonly Work[] {
    if (served.length < this.#lanes.size) {
      for (const [actor, lane] of served) {
        this.#lanes.delete(actor);
        this.#lanes.set(actor, lane);
      }
    }
    return works;
  }

  /**
   * Whether a principal may have so many more waiting. One that is alone may have all the places; once they are taken, there
   * are as many again for those who hold a small share, so that nobody keeps the others out.
   */
  #hasRoomFor(commands: number, lane: Lane | undefined): boolean {
    const { commandsQueuedMax } = this.#limits;
    const total = this.#commands + commands;
    if (total <= commandsQueuedMax) return true;
    const own = commands + (lane?.commands ?? 0);
    return own <= commandsQueuedMax * SHARE_WHEN_FULL && total <= 2 * commandsQueuedMax;
  }

  /** One timer for all of them: most are answered long before it rings. */
  #setAlarm(atMs: number): void {
    if (this.#alarm !== null && this.#alarm.atMs <= atMs) return;
    if (this.#alarm !== null) clearTimeout(this.#alarm.timer);
    const ring = (): void => {
      this.#alarm = null;
      this.dropExpired();
      let first = Infinity;
      for (const { deadlineMs } of this.#all()) first = Math.min(first, deadlineMs);
      if (first < Infinity) this.#setAlarm(first);
    };
    const timer = setTimeout(ring, Math.max(1, Math.ceil(atMs - this.#limits.monotonicMs())));
    this.#alarm = { timer: timer.unref(), atMs };
  }
}
