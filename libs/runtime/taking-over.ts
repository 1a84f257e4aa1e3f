import { State, type PinnedState } from '#domain';
import { genesisHead, type EventLog } from '#event-log';
import type { Replacement } from './commit-loop-options.js';
import { recordOf } from './lineage.js';
import type { LiveTimeline } from './live-timeline.js';
import type { Allotment, MemoryBudget } from './memory-budget.js';
import type { Pacer } from './pacer.js';
import { foldAside, hashAside } from './past/fold-aside.js';
import { newestGoodSnapshot, type PassedOver } from './snapshots.js';

/** So few events may be left for the commit loop to fold, while commands wait. */
const EVENTS_LEFT_MAX = 200;
/** Beside commands that are written faster than that, the loop folds what is left then. */
const ROUNDS_MAX = 10;
const RETRY_AFTER_MS = 1_000;
/** What failed would fail again at once. */
const RETRY_AFTER_FAILURE_MS = 10_000;

export interface TakingOverOptions {
  readonly log: EventLog;
  readonly pacer: Pacer;
  readonly memory: MemoryBudget;
  readonly reducer: string;
  readonly monotonicMs: () => number;
  readonly snapshotPassedOver: (timeline: string) => PassedOver;
  /** A rebuilt state is served now; `differed` says that the one before was not what the log gives. */
  readonly onTakenOver: (taken: {
    readonly timeline: string;
    readonly version: number;
    readonly differed: boolean;
  }) => void;
  readonly onFailure: (timeline: string, error: unknown) => void;
}

/**
 * After a rebuild every process that has the timeline loaded folds it anew, beside its commands, and puts the result in
 * the place of its live state: whoever reads has the old state or the new one.
 */
export class TakingOver {
  readonly #options: TakingOverOptions;
  readonly #underWay = new Set<LiveTimeline>();
  readonly #retryAtMs = new WeakMap<LiveTimeline, number>();

  constructor(options: TakingOverOptions) {
    this.#options = options;
  }

  /** The timeline was rebuilt so often, as the database has it. */
  notice(live: LiveTimeline, rebuilds: number): void {
    if (rebuilds <= live.rebuilds || this.#underWay.has(live)) return;
    if (this.#options.monotonicMs() < (this.#retryAtMs.get(live) ?? 0)) return;
    this.#underWay.add(live);
    this.#takeOver(live)
      .catch((error: unknown) => {
        this.#waitBefore(live, RETRY_AFTER_FAILURE_MS);
        this.#options.onFailure(live.name, error);
      })
      .finally(() => this.#underWay.delete(live));
  }

  async #takeOver(live: LiveTimeline): Promise<void> {
    const { pacer, onTakenOver } = this.#options;
    const swapped = await this.#swap(live);
    if (swapped === undefined) {
      this.#waitBefore(live, RETRY_AFTER_MS);
      return;
    }
    const { before, memoryBefore, after, version } = swapped;
    try {
      const differed = (await hashAside(pacer, before)) !== (await hashAside(pacer, after));
      onTakenOver({ timeline: live.name, version, differed });
    } finally {
      after.release();
      memoryBefore.release();
    }
  }

  #waitBefore(live: LiveTimeline, ms: number): void {
    this.#retryAtMs.set(live, this.#options.monotonicMs() + ms);
  }

  /** What the new state takes becomes the timeline's with it, and else is given back. */
  async #swap(live: LiveTimeline): Promise<Swapped | undefined> {
    const memory = this.#options.memory.allot();
    let swapped: Swapped | undefined;
    try {
      swapped = await this.#swapInto(live, memory);
      return swapped;
    } finally {
      if (swapped === undefined) memory.release();
    }
  }

  async #swapInto(live: LiveTimeline, memory: Allotment): Promise<Swapped | undefined> {
    const { log, pacer, reducer, snapshotPassedOver } = this.#options;
    const { timelineId, head: logHead, rebuilds } = await recordOf(log, live.name);
    const from = { timelineId, headVersion: logHead.version, reducer };
    const snapshot = await newestGoodSnapshot({ log, pacer, memory }, from, snapshotPassedOver(live.name));
    const state = snapshot?.state ?? new State();
    let head = snapshot?.head ?? genesisHead();
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const toVersion = live.head.version;
      if (toVersion - head.version <= EVENTS_LEFT_MAX) break;
      head = await foldAside({ log, pacer }, { timelineId, state, head, toVersion, memory });
    }
    return new Promise((resolve) => {
      const settle: Replacement['settle'] = (before) => {
        resolve(
          before && {
            before: before.state,
            memoryBefore: before.memory,
            after: live.state.pin(),
            version: live.head.version,
          },
        );
      };
      live.replace({ state, head, rebuilds, memory, settle });
    });
  }
}

interface Swapped {
  /** Nobody changes it any more. */
  readonly before: State;
  readonly memoryBefore: Allotment;
  readonly after: PinnedState;
  readonly version: number;
}
