import { Overloaded, TimelineUnknown } from './contract.js';
import type { LiveTimeline } from './live-timeline.js';

export interface LiveTimelinesOptions {
  readonly loadedMax: number;
  readonly idleMs: number;
  readonly load: (name: string) => Promise<LiveTimeline | undefined>;
  readonly onLoaded: (timeline: LiveTimeline) => void;
  readonly onEvicted: (timeline: LiveTimeline) => void;
  readonly onForgotten: (timeline: LiveTimeline) => void;
}

/** A log that could not be read on is tried anew after this long: it may have been mended. */
const STOPPED_KEPT_MS = 30_000;

/** The timelines that this process has loaded: on demand, a bounded number, idle ones evicted. */
export class LiveTimelines {
  readonly #options: LiveTimelinesOptions;
  readonly #byName = new Map<string, Promise<LiveTimeline>>();
  readonly #loaded = new Map<string, LiveTimeline>();
  #loading = 0;

  constructor(options: LiveTimelinesOptions) {
    this.#options = options;
  }

  /** Those that are loaded now. */
  all(): readonly LiveTimeline[] {
    return [...this.#loaded.values()];
  }

  /** Rejects with `TimelineUnknown`, or with `Overloaded` when the limit is reached and none is idle. */
  get(name: string): Promise<LiveTimeline> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const loading = this.#load(name);
    this.#byName.set(name, loading);
    loading.catch(() => this.#byName.delete(name));
    return loading;
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#byName.values());
  }

  /** The timeline of that name if it is loaded. */
  loaded(name: string): LiveTimeline | undefined {
    return this.#loaded.get(name);
  }

  /** Lets go of a timeline that was removed from the log. */
  forget(name: string): void {
    const gone = this.#loaded.get(name);
    this.#loaded.delete(name);
    this.#byName.delete(name);
    if (gone !== undefined) this.#options.onForgotten(gone);
  }

  evictIdle(nowMs: number): void {
    for (const timeline of this.#loaded.values()) {
      const idleMs = timeline.isStopped ? STOPPED_KEPT_MS : this.#options.idleMs;
      if (timeline.isIdle && timeline.usedAtMs < nowMs - idleMs) this.#evict(timeline);
    }
  }

  async #load(name: string): Promise<LiveTimeline> {
    // Before the load: what is being folded takes as much room as what is there.
    this.#makeRoom();
    this.#loading += 1;
    try {
      const timeline = await this.#options.load(name);
      if (timeline === undefined) throw new TimelineUnknown(`there is no timeline ${name}`);
      this.#loaded.set(name, timeline);
      this.#options.onLoaded(timeline);
      return timeline;
    } finally {
      this.#loading -= 1;
    }
  }

  /** Evicts what has been idle longest, where the limit is reached. */
  #makeRoom(): void {
    if (this.#loaded.size + this.#loading < this.#options.loadedMax) return;
    const idle = this.all().filter((timeline) => timeline.isIdle);
    const [oldest] = idle.sort((a, b) => a.usedAtMs - b.usedAtMs);
    if (oldest === undefined) throw new Overloaded(`${this.#loaded.size} timelines are loaded and all are in use`);
    this.#evict(oldest);
  }

  #evict(timeline: LiveTimeline): void {
    this.#loaded.delete(timeline.name);
    this.#byName.delete(timeline.name);
    this.#options.onEvicted(timeline);
  }
}
