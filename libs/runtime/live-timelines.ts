import { MemoryShort, Overloaded, TimelineUnknown, type LiveTimelineStatus, type TimelineStopped } from './contract.js';
import type { LiveTimeline } from './live-timeline.js';
import type { Allotment, MemoryBudget } from './memory-budget.js';
import { FairSemaphore } from './fair-semaphore.js';
import { STOPPED_KEPT_MS, StoppedTimelines } from './stopped-timelines.js';
import { stopOf } from './stopping.js';

export interface LiveTimelinesOptions {
  readonly loadedMax: number;
  readonly idleMs: number;
  readonly monotonicMs: () => number;
  readonly memory: MemoryBudget;
  /** What is loaded takes the allotment over. */
  readonly load: (name: string, memory: Allotment) => Promise<LiveTimeline | undefined>;
  readonly onLoaded: (timeline: LiveTimeline) => void;
  /** What is returned is what still holds the state. */
  readonly onEvicted: (timeline: LiveTimeline) => Promise<unknown> | undefined;
  readonly onForgotten: (timeline: LiveTimeline) => Promise<unknown> | undefined;
  /** A timeline could not be loaded, for its log cannot be read on. */
  readonly onStopped: (name: string, stop: TimelineStopped) => void;
}

/** One for which there was no room is tried anew after this long. */
const TOO_LARGE_KEPT_MS = 30_000;

/** The timelines that this process has loaded: on demand, a bounded number, idle ones evicted. */
export class LiveTimelines {
  readonly #options: LiveTimelinesOptions;
  readonly #byName = new Map<string, Promise<LiveTimeline>>();
  readonly #loaded = new Map<string, LiveTimeline>();
  readonly #stopped = new StoppedTimelines();
  readonly #known = new KnownSizes();
  readonly #loads: FairSemaphore;
  #loading = 0;

  constructor(options: LiveTimelinesOptions) {
    this.#options = options;
    this.#loads = new FairSemaphore({ runningMax: options.memory.limits.loadingMax, waitingMax: options.loadedMax });
    options.memory.whenShort(() => this.#evictIdlest());
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
    if (gone !== undefined) this.#options.memory.releaseAfter(gone.memory, this.#options.onForgotten(gone));
  }

  /** Lets go of one that is in use, for there is no room for what was written to it elsewhere. */
  readonly drop = (timeline: LiveTimeline): void => {
    if (this.#loaded.get(timeline.name) !== timeline) return;
    this.#known.note(timeline.name, timeline.memory.bytes, this.#options.monotonicMs() + TOO_LARGE_KEPT_MS);
    this.forget(timeline.name);
  };

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
      // What was too large a moment ago still is: to fold it again would take the others' places for nothing.
      if (this.#known.isTooLarge(name, this.#options.monotonicMs())) throw this.#options.memory.refuse();
      const timeline = await this.#loads.run(() => this.#loadInto(name));
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

  async #loadInto(name: string): Promise<LiveTimeline | undefined> {
    const { memory: budget, load, monotonicMs } = this.#options;
    const memory = budget.allot();
    let timeline: LiveTimeline | undefined;
    try {
      await budget.makeRoom(this.#known.bytes(name));
      memory.set(this.#known.bytes(name));
      timeline = await load(name, memory);
      return timeline;
    } catch (error) {
      if (error instanceof MemoryShort) this.#known.note(name, memory.bytes, monotonicMs() + TOO_LARGE_KEPT_MS);
      throw error;
    } finally {
      if (timeline === undefined) memory.release();
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
    if (this.#loaded.size + this.#loading < this.#options.loadedMax || this.#evictIdlest()) return;
    throw new Overloaded(`${this.#loaded.size} timelines are loaded and all are in use`);
  }

  #evictIdlest(): boolean {
    let oldest: LiveTimeline | undefined;
    for (const timeline of this.#loaded.values()) {
      if (timeline.isIdle && timeline.usedAtMs < (oldest?.usedAtMs ?? Infinity)) oldest = timeline;
    }
    if (oldest !== undefined) this.#evict(oldest);
    return oldest !== undefined;
  }

  #evict(timeline: LiveTimeline): void {
    this.#loaded.delete(timeline.name);
    this.#byName.delete(timeline.name);
    // Whoever asks for it next tries it anew; until then it is still known to have stopped.
    if (timeline.stopped !== null) this.#stopped.remember(timeline.name, timeline.stopped, 0);
    this.#known.note(timeline.name, timeline.memory.bytes);
    this.#options.memory.releaseAfter(timeline.memory, this.#options.onEvicted(timeline));
  }
}

const NAMES_MAX = 1_000;

/** What timelines took when they were loaded last, and which of them could not be. */
class KnownSizes {
  readonly #byName = new Map<string, { readonly bytes: number; readonly tooLargeUntilMs: number }>();

  note(name: string, bytes: number, tooLargeUntilMs = -Infinity): void {
    if (this.#byName.size >= NAMES_MAX) this.#byName.clear();
    this.#byName.set(name, { bytes, tooLargeUntilMs });
  }

  /** Of one that was too large nothing is known: it may have become smaller. */
  bytes(name: string): number {
    const known = this.#byName.get(name);
    return known?.tooLargeUntilMs === -Infinity ? known.bytes : 0;
  }

  isTooLarge(name: string, nowMs: number): boolean {
    return nowMs < (this.#byName.get(name)?.tooLargeUntilMs ?? -Infinity);
  }
}
