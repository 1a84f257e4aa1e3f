import { Overloaded, TimelineUnknown, type LiveTimelineStatus, type TimelineStopped } from './contract.js';
import type { LiveTimeline } from './live-timeline.js';
import { STOPPED_KEPT_MS, StoppedTimelines } from './stopped-timelines.js';
import { stopOf } from './stopping.js';

export interface LiveTimelinesOptions {
  readonly loadedMax: number;
  readonly idleMs: number;
  readonly monotonicMs: () => number;
  readonly load: (name: string) => Promise<LiveTimeline | undefined>;
  readonly onLoaded: (timeline: LiveTimeline) => void;
  readonly onEvicted: (timeline: LiveTimeline) => void;
  readonly onForgotten: (timeline: LiveTimeline) => void;
  /** A timeline could not be loaded, for its log cannot be read on. */
  readonly onStopped: (name: string, stop: TimelineStopped) => void;
}

/** The timelines that this process has loaded: on demand, a bounded number, idle ones evicted. */
export class LiveTimelines {
  readonly #options: LiveTimelinesOptions;
  readonly #byName = new Map<string, Promise<LiveTimeline>>();
  readonly #loaded = new Map<string, LiveTimeline>();
  readonly #stopped = new StoppedTimelines();
  #loading = 0;

  constructor(options: LiveTimelinesOptions) {
    this.#options = options;
  }

  /** Those that are loaded now. */
  all(): readonly LiveTimeline[] {
    return [...this.#loaded.values()];
  }

  /** Those that are not loaded because their log could not be read on. */
  stopped(): readonly LiveTimelineStatus[] {
    return this.#stopped.statuses();
  }

  /**
   * Rejects with `TimelineUnknown`, with `TimelineStopped`, or with `Overloaded` when the limit is reached and none is
   * idle.
   */
  get(name: string): Promise<LiveTimeline> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const stop = this.#stopped.standing(name, this.#options.monotonicMs());
    if (stop !== undefined) return Promise.reject(stop);
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

  /** Lets go of a timeline that was removed from the log, loaded or stopped. */
  forget(name: string): void {
    const gone = this.#loaded.get(name);
    this.#loaded.delete(name);
    this.#byName.delete(name);
    this.#stopped.forget(name);
    if (gone !== undefined) this.#options.onForgotten(gone);
  }

  /** Lets whoever asks next try a timeline anew that could not be gone on with. */
  retry(name: string): void {
    this.#stopped.forget(name);
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined && loaded.stopped !== null) this.forget(name);
  }

  evictIdle(nowMs: number): void {
    for (const timeline of this.#loaded.values()) {
      const idleMs = timeline.stopped !== null ? STOPPED_KEPT_MS : this.#options.idleMs;
      if (timeline.isIdle && timeline.usedAtMs < nowMs - idleMs) this.#evict(timeline);
    }
  }

  async #load(name: string): Promise<LiveTimeline> {
    // Before the load: what is being folded takes as much room as what is there.
    this.#makeRoom();
    this.#loading += 1;
    try {
      const timeline = await this.#options.load(name);
      this.#stopped.forget(name);
      if (timeline === undefined) throw new TimelineUnknown(`there is no timeline ${name}`);
      this.#loaded.set(name, timeline);
      this.#options.onLoaded(timeline);
      return timeline;
    } catch (error) {
      throw this.#rememberStop(name, error) ?? error;
    } finally {
      this.#loading -= 1;
    }
  }

  #rememberStop(name: string, error: unknown): TimelineStopped | undefined {
    const stop = stopOf(error, { timeline: name, nextVersion: 1 });
    if (stop === undefined) return undefined;
    this.#stopped.remember(name, stop, this.#options.monotonicMs() + STOPPED_KEPT_MS);
    this.#options.onStopped(name, stop);
    return stop;
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
    // Whoever asks for it next tries it anew; until then it is still known to have stopped.
    if (timeline.stopped !== null) this.#stopped.remember(timeline.name, timeline.stopped, 0);
    this.#options.onEvicted(timeline);
  }
}
