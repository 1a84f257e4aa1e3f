import type { PinnedState } from '#domain';
import type { EventLog, Head, SnapshotInfo } from '#event-log';
import type { LiveTimeline } from './live-timeline.js';
import type { RuntimeOptions } from './options.js';
import { writeSnapshot } from './snapshots.js';

interface SnapshotKeeperOptions {
  readonly log: EventLog;
  readonly reducer: string;
  readonly everyEvents: number;
  readonly intervalMs: number;
  readonly keep: number;
  readonly nowMs: () => number;
  readonly onFailure: (timeline: string, error: unknown) => void;
}

interface Kept {
  /** Version of the newest snapshot that this process knows of. */
  version: number;
  takenAtMs: number;
  /** Version of the last attempt, successful or not. */
  attemptedVersion: number;
  taking: Promise<SnapshotInfo> | null;
}

/** A restart folds this much anyway in no time: no last snapshot for fewer events. */
const EVENTS_BEHIND_AT_STOP = 1_000;

/** When snapshots are taken: every so many events, every so often when something changed, on demand, and at the end. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  readonly #kept = new Map<LiveTimeline, Kept>();

  private constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
  }

  /** `nowMs` is the database's time. */
  static of({ log, reducer, reports, ...options }: RuntimeOptions, nowMs: () => number): SnapshotKeeper {
    return new SnapshotKeeper({
      log,
      reducer,
      everyEvents: options.snapshotEveryEvents,
      intervalMs: options.snapshotIntervalSeconds * 1_000,
      keep: options.snapshotKeep,
      nowMs,
      onFailure: (timeline, error) => reports?.snapshotFailed?.({ timeline, error }),
    });
  }

  add(timeline: LiveTimeline): void {
    this.#kept.set(timeline, {
      version: timeline.loadedFromVersion,
      takenAtMs: this.#options.nowMs(),
      attemptedVersion: 0,
      taking: null,
    });
  }

  /** The last snapshot of a timeline that leaves memory, if one is being taken: until then its state is held. */
  remove(timeline: LiveTimeline): Promise<unknown> | undefined {
    const kept = this.#kept.get(timeline);
    if (kept !== undefined && timeline.head.version - kept.version >= EVENTS_BEHIND_AT_STOP)
      this.#takeQuietly(timeline);
    this.#kept.delete(timeline);
    return kept?.taking ?? undefined;
  }

  /** The same without a last snapshot: the timeline is gone. */
  forget(timeline: LiveTimeline): Promise<unknown> | undefined {
    const kept = this.#kept.get(timeline);
    this.#kept.delete(timeline);
    return kept?.taking ?? undefined;
  }

  /**
   * Holds the state still, as it is in this turn, for a snapshot that may be wanted; undefined where the newest one is so
   * near that folding from it takes no time. One of the two must be called.
   */
  prepare(timeline: LiveTimeline): { readonly takeQuietly: () => void; readonly release: () => void } | undefined {
    const kept = this.#kept.get(timeline);
    if (kept === undefined || timeline.head.version - kept.version < EVENTS_BEHIND_AT_STOP) return undefined;
    const { head, rebuilds } = timeline;
    const pinned = timeline.state.pin();
    return {
      release: () => {
        pinned.release();
      },
      takeQuietly: () => {
        this.#write(timeline, kept, { head, rebuilds, pinned }).catch((error: unknown) => {
          this.#options.onFailure(timeline.name, error);
        });
      },
    };
  }

  lastVersion(timeline: LiveTimeline): number | null {
    const version = this.#kept.get(timeline)?.version ?? 0;
    return version === 0 ? null : version;
  }

  noticeAdvance(timeline: LiveTimeline): void {
    const kept = this.#kept.get(timeline);
    if (kept === undefined) return;
    const since = Math.max(kept.version, kept.attemptedVersion);
    if (timeline.head.version - since >= this.#options.everyEvents) this.#takeQuietly(timeline);
  }

  noticeTime(): void {
    const dueBeforeMs = this.#options.nowMs() - this.#options.intervalMs;
    for (const [timeline, kept] of this.#kept) {
      if (kept.takenAtMs <= dueBeforeMs && timeline.head.version > kept.version) this.#takeQuietly(timeline);
    }
  }

  /** Takes one now, or waits for the one that is being taken if that covers the head. */
  async take(timeline: LiveTimeline): Promise<SnapshotInfo> {
    const kept = this.#kept.get(timeline) ?? { version: 0, takenAtMs: 0, attemptedVersion: 0, taking: null };
    if (kept.taking !== null) await kept.taking.catch(() => undefined);
    kept.taking ??= this.#take(timeline, kept).finally(() => {
      kept.taking = null;
    });
    return kept.taking;
  }

  /** Waits for what is being taken, and takes a last one of each timeline that has moved far. */
  async finish(timelines: readonly LiveTimeline[]): Promise<void> {
    for (const timeline of timelines) {
      const kept = this.#kept.get(timeline);
      if (kept === undefined) continue;
      const isFarBehind = timeline.head.version - kept.version >= EVENTS_BEHIND_AT_STOP;
      const last = isFarBehind ? this.take(timeline) : kept.taking;
      await last?.catch((error: unknown) => {
        this.#options.onFailure(timeline.name, error);
      });
    }
  }

  #takeQuietly(timeline: LiveTimeline): void {
    if (this.#kept.get(timeline)?.taking !== null) return;
    this.take(timeline).catch((error: unknown) => {
      this.#options.onFailure(timeline.name, error);
    });
  }

  #take(timeline: LiveTimeline, kept: Kept): Promise<SnapshotInfo> {
    const { head, rebuilds } = timeline;
    kept.takenAtMs = this.#options.nowMs();
    kept.attemptedVersion = head.version;
    return this.#write(timeline, kept, { head, rebuilds, pinned: timeline.state.pin() });
  }

  /** Releases the pinned state, whatever becomes of it. */
  async #write(
    timeline: LiveTimeline,
    kept: Kept,
    { head, rebuilds, pinned }: { readonly head: Head; readonly rebuilds: number; readonly pinned: PinnedState },
  ): Promise<SnapshotInfo> {
    const { log, reducer, keep, nowMs } = this.#options;
    const { timelineId } = timeline.record;
    try {
      const snapshot = await writeSnapshot(pinned, { timelineId, head, reducer, takenAtMs: nowMs(), rebuilds });
      await log.saveSnapshot(snapshot);
      kept.version = Math.max(kept.version, head.version);
      await log.pruneSnapshots(timelineId, keep);
      const { bytes: _bytes, ...info } = snapshot;
      return info;
    } finally {
      pinned.release();
    }
  }
}
