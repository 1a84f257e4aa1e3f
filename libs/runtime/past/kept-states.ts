import type { State } from '#domain';
import type { Head, TimelineId } from '#event-log';

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
  readonly rows: number;
  usedAtMs: number;
}

const STATES_MAX = 6;
/** Of all states together; where one is an overlay of another, what they share counts twice. */
const ROWS_MAX = 200_000;
/** A document counts as so many rows of this size. */
const BYTES_PER_ROW = 500;
const KEPT_MS = 60_000;
/** From here on a state is folded from a snapshot again. */
const LAYERS_MAX = 8;

/** The states that were folded last, for whoever asks for the next version, or for another row of the same one. */
export class KeptStates {
  readonly #kept = new Set<Kept>();
  #timer: NodeJS.Timeout | null = null;

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
    const rows = rowsOf(folded.state);
    if (rows > ROWS_MAX || folded.layers > LAYERS_MAX) return;
    this.#kept.add({ ...folded, timelineId, rows, usedAtMs: performance.now() });
    this.#makeRoom();
    this.#timer ??= setInterval(() => {
      this.#dropOld();
    }, KEPT_MS).unref();
  }

  /** Forgets all of a timeline: its history was taken back. */
  forget(timelineId: TimelineId): void {
    for (const kept of this.#kept) if (kept.timelineId === timelineId) this.#kept.delete(kept);
  }

  #makeRoom(): void {
    const byUse = [...this.#kept].sort((a, b) => b.usedAtMs - a.usedAtMs);
    let rows = 0;
    for (const [index, kept] of byUse.entries()) {
      rows += kept.rows;
      if (index >= STATES_MAX || rows > ROWS_MAX) this.#kept.delete(kept);
    }
  }

  #dropOld(): void {
    const before = performance.now() - KEPT_MS;
    for (const kept of this.#kept) if (kept.usedAtMs < before) this.#kept.delete(kept);
    if (this.#kept.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

function rowsOf({ agents, markets, holdings, worldEvents, documents, documentBytes }: State): number {
  const rows = [agents, markets, holdings, worldEvents, documents].reduce((sum, { size }) => sum + size, 0);
  return rows + Math.ceil(documentBytes / BYTES_PER_ROW);
}
