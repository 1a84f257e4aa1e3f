import type { PinnedView } from './contract.js';
import { FairSemaphore } from './fair-semaphore.js';
import type { LiveTimeline } from './live-timeline.js';
import type { Waiting } from './past/contract.js';

const READING_MAX = 8;
const WAITING_MAX = 256;

/** Holds live states still for their readers, for a bounded number at once: each costs what changes meanwhile. */
export class PinnedReaders {
  readonly #places = new FairSemaphore({ runningMax: READING_MAX, waitingMax: WAITING_MAX });

  /** `reached` finds the live timeline once the reader's turn has come. */
  read<T>(
    reached: () => Promise<{ readonly timeline: LiveTimeline; readonly staleMs: number | null }>,
    work: (pinned: PinnedView) => Promise<T>,
    waiting: Waiting,
  ): Promise<T> {
    return this.#places.run(async () => {
      const { timeline, staleMs } = await reached();
      // Its state stays in memory for as long as it is held: to evict it would free nothing.
      const letGo = timeline.retain();
      const state = timeline.state.pin();
      try {
        return await work({ timeline: timeline.name, state, version: timeline.head.version, staleMs });
      } finally {
        state.release();
        letGo();
      }
    }, waiting);
  }
}
