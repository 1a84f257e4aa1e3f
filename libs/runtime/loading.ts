import { State } from '#domain';
import { genesisHead, type EventLog, type Head, type TimelineId, type TimelineRecord } from '#event-log';
import { NO_PACE } from '#proof';
import type { DatabaseClock } from './clock.js';
import type { LoadedState } from './commit-loop-options.js';
import { foldTail } from './fold.js';
import { SYSTEM_ACTOR } from './group.js';
import { recordOf } from './lineage.js';
import type { Allotment, MemoryBudget } from './memory-budget.js';
import type { RuntimeReports } from './options.js';
import { newestGoodSnapshot, type PassedOver } from './snapshots.js';

/** A timeline folded from its log, and from where. */
interface FoldedTimeline extends LoadedState {
  /** Version of the snapshot it started from; 0: the whole log was folded. */
  readonly snapshotVersion: number;
}

/** A timeline that was folded to be live. */
export interface LoadedTimeline extends FoldedTimeline {
  /** When folding began, monotonic ms: all that was committed before is in it. */
  readonly startedAtMs: number;
}

/** How far back the last client's event is looked for; further back counts as there. */
const CLIENT_EVENTS_SCANNED_MAX = 1_000;

export interface LoaderOptions {
  readonly log: EventLog;
  readonly reducer: string;
  readonly clock: DatabaseClock;
  readonly memory: MemoryBudget;
  readonly reports?: RuntimeReports | undefined;
}

/** Folds timelines that are to be live, and reports it. */
export class Loader {
  readonly #options: LoaderOptions;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** @throws TimelineUnknown, MemoryShort */
  async load(name: string, memory: Allotment): Promise<LoadedTimeline> {
    const { log, reducer, clock, reports } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const timeline = await recordOf(log, name);
    const folded = await foldTimeline(log, { timeline, reducer, memory }, (problem) =>
      reports?.snapshotPassedOver?.({ timeline: name, ...problem }),
    );
    const ms = clock.monotonicMs() - startedAtMs;
    const { snapshotVersion, head } = folded;
    reports?.loaded?.({ timeline: name, version: head.version, snapshotVersion, ms });
    return { ...folded, startedAtMs };
  }

  /** The same with an allotment of its own, beside the state that it takes the place of. */
  async reload(name: string): Promise<LoadedTimeline> {
    const memory = this.#options.memory.allot();
    try {
      return await this.load(name, memory);
    } catch (error) {
      memory.release();
      throw error;
    }
  }
}

/**
 * State = newest good snapshot and tail. `report` is told of snapshots that are passed over.
 *
 * @throws MemoryShort where there is no room for it
 */
async function foldTimeline(
  log: EventLog,
  {
    timeline,
    reducer,
    memory,
  }: { readonly timeline: TimelineRecord; readonly reducer: string; readonly memory: Allotment },
  report: PassedOver,
): Promise<FoldedTimeline> {
  const { timelineId } = timeline;
  const headVersion = timeline.head.version;
  const snapshot = await newestGoodSnapshot(
    { log, pacer: NO_PACE, memory },
    { timelineId, headVersion, reducer },
    report,
  );
  const state = snapshot?.state ?? new State();
  const from = snapshot?.head ?? genesisHead();
  const head = await foldTail(log, { timelineId, state, head: from, memory });
  const lastClientVersion = await findLastClientVersion(log, timelineId, head);
  const { rebuilds } = timeline;
  memory.set(state.bytes);
  return { state, head, lastClientVersion, rebuilds, memory, snapshotVersion: from.version };
}

async function findLastClientVersion(log: EventLog, timelineId: TimelineId, head: Head): Promise<number> {
  const afterVersion = Math.max(0, head.version - CLIENT_EVENTS_SCANNED_MAX);
  const range = { afterVersion, toVersion: head.version };
  return (await log.findLastOfOthers(timelineId, { ...range, actor: SYSTEM_ACTOR })) ?? afterVersion;
}
