import type { LiveTimelineStatus, TimelineStopped } from './contract.js';

/** A log that could not be read on is tried anew after this long: it may have been mended. */
export const STOPPED_KEPT_MS = 30_000;
/** Of more than so many the first are forgotten, and folded again when they are asked for. */
const STOPPED_REMEMBERED_MAX = 1_000;

interface Remembered {
  readonly stop: TimelineStopped;
  readonly retryAtMs: number;
}

/**
 * Timelines that are not loaded because their log could not be read on. Until its time to be tried anew comes, each
 * answers at once: folding a long log to the same end for every request would take the process from the others. One that
 * nobody asks for any more stays listed, for nothing says that it was mended.
 */
export class StoppedTimelines {
  readonly #byName = new Map<string, Remembered>();

  remember(name: string, stop: TimelineStopped, retryAtMs: number): void {
    this.#byName.delete(name);
    this.#byName.set(name, { stop, retryAtMs });
    const [first] = this.#byName.keys();
    if (first !== undefined && this.#byName.size > STOPPED_REMEMBERED_MAX) this.#byName.delete(first);
  }

  /** It was read, or is gone. */
  forget(name: string): void {
    this.#byName.delete(name);
  }

  /** What stopped it; undefined if nothing did, or if it is time to try anew. */
  standing(name: string, nowMs: number): TimelineStopped | undefined {
    const remembered = this.#byName.get(name);
    return remembered !== undefined && nowMs < remembered.retryAtMs ? remembered.stop : undefined;
  }

  statuses(): readonly LiveTimelineStatus[] {
    return [...this.#byName].map(([name, { stop }]) => ({
      name,
      version: stop.version - 1,
      chainHash: null,
      queued: 0,
      commits: 0,
      lostAppends: 0,
      snapshotVersion: null,
      stopped: { version: stop.version, reason: stop.message },
    }));
  }
}
