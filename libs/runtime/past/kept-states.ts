import type { State } from '#domain';
import type { Head, TimelineId } from '#event-log';
import type { Allotment, MemoryBudget } from '../memory-budget.js';

/** A folded state that nobody changes: what is folded from it goes on an overlay. */
export interface FoldedState {
  readonly state: State;
  readonly head: Head;
  /** How often it and its ancestry had been rebuilt when the folding began; another rebuild makes it worth nothing. */
  readonly rebuilds: number;
  /** Overlays between it and a state of its own; each makes reading a little slower. */
  readonly layers: number;
}

interface Kept extends FoldedState {
  readonly timelineId: TimelineId;
  /** Of the process's memory. Where one is an overlay of another, what they share counts twice. */
  readonly memory: Allotment;
  usedAtMs: number;
}

const STATES_MAX = 6;
/** Of all states together, and a quarter of what the process may take at most. */
const BYTES_MAX = 100 * 1_048_576;
const PART_OF_LIMIT = 0.25;
const KEPT_MS = 60_000;
/** From here on a state is folded from a snapshot again. */
const LAYERS_MAX = 8;

/** The states that were folded last, for whoever asks for the next version, or for another row of the same one. */
export class KeptStates {
  readonly #budget: MemoryBudget;
  readonly #kept = new Set<Kept>();
  #timer: NodeJS.Timeout | null = null;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
    budget.whenShort(() => this.#dropOldest());
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The newest one at or below a version that something may be folded on, or that is at that very version. */
  nearest({ timelineId, rebuilds }: Pick<Kept, 'timelineId' | 'rebuilds'>, version: number): FoldedState | undefined {
    let best: Kept | undefined;
    for (const kept of this.#kept) {
      const { head, layers } = kept;
      const isOfIt = kept.timelineId === timelineId && kept.rebuilds === rebuilds;
      const fits = head.version === version || (head.version < version && layers < LAYERS_MAX);
      if (isOfIt && fits && head.version > (best?.head.version ?? 0)) best = kept;
    }
    if (best !== undefined) best.usedAtMs = performance.now();
    return best;
  }

  keep(timelineId: TimelineId, folded: FoldedState): void {
    const { bytes } = folded.state;
    if (bytes > this.#bytesMax || folded.layers > LAYERS_MAX) return;
    const memory = this.#budget.allot();
    this.#kept.add({ ...folded, timelineId, memory, usedAtMs: performance.now() });
    memory.set(bytes);
    this.#makeRoom();
    this.#timer ??= setInterval(() => {
      this.#dropOld();
    }, KEPT_MS).unref();
  }

  /** Forgets all of a timeline: its history was taken back. */
  forget(timelineId: TimelineId): void {
    for (const kept of this.#kept) if (kept.timelineId === timelineId) this.#drop(kept);
  }

  get #bytesMax(): number {
    return Math.min(BYTES_MAX, this.#budget.status.limitBytes * PART_OF_LIMIT);
  }

  #makeRoom(): void {
    const byUse = [...this.#kept].sort((a, b) => b.usedAtMs - a.usedAtMs);
    let bytes = 0;
    for (const [index, kept] of byUse.entries()) {
      bytes += kept.memory.bytes;
      if (index >= STATES_MAX || bytes > this.#bytesMax) this.#drop(kept);
    }
  }

  #dropOldest(): boolean {
    let oldest: Kept | undefined;
    for (const kept of this.#kept) if (kept.usedAtMs < (oldest?.usedAtMs ?? Infinity)) oldest = kept;
    if (oldest !== undefined) this.#drop(oldest);
    return oldest !== undefined;
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept);
    kept.memory.release();
  }

  #dropOld(): void {
    const before = performance.now() - KEPT_MS;
    for (const kept of this.#kept) if (kept.usedAtMs < before) this.#drop(kept);
    if (this.#kept.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
