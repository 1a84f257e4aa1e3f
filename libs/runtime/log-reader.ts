import { isMarketBirth, MARKET_BIRTHS, readStoredEvent } from '#domain';
import type { EventLog, Head, RecordedEvent, TimelineId } from '#event-log';
import type { DatabaseClock } from './clock.js';
import { Overloaded, TimelineStopped, VersionNotReached, type ReadOptions, type Runtime } from './contract.js';
import { FairSemaphore } from './fair-semaphore.js';
import type { FollowedTimelines } from './followed-timelines.js';
import { follow } from './following.js';
import { lineageOf, recordOf } from './lineage.js';
import type { LiveTimeline } from './live-timeline.js';
import type { Pacer } from './pacer.js';
import type { Waiting } from './past/contract.js';
import { readPage, type ReadPage } from './reading.js';

/** Pages that are read at once: they take turns with each other, and not with whoever writes. */
const READING_MAX = 4;
const WAITING_MAX = 1_024;
/** How long a read waits for a version that it must see, and how often it looks. */
export const MIN_VERSION_WAIT_MS = 2_000;
export const MIN_VERSION_POLL_MS = 50;

export interface LogReaderOptions {
  /** For reads alone. */
  readonly log: EventLog;
  readonly clock: DatabaseClock;
  readonly pacer: Pacer;
  readonly followed: FollowedTimelines;
  /** The live timeline of that name, if it is loaded. */
  readonly live: (name: string) => LiveTimeline | undefined;
  /** Waits for a confirmed head, and loads the timeline if it has to. */
  readonly reached: (name: string, options: ReadOptions) => Promise<Reached>;
}

export interface Reached {
  readonly timeline: LiveTimeline;
  readonly staleMs: number | null;
}

/** Where a timeline is, loaded or not. */
interface Known {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly head: Head;
  /** With the database away: how old the knowledge is, ms. */
  readonly staleMs: number | null;
}

/**
 * Reads that cost more than a look at one row: pages of the log and of lists. They share a bounded number of places, of
 * which a client has half, and load no timeline.
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #places = new FairSemaphore({ runningMax: READING_MAX, waitingMax: WAITING_MAX });

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** Reads that run, and that wait. */
  status(): { readonly running: number; readonly waiting: number } {
    return { running: this.#places.running, waiting: this.#places.waiting };
  }

  /** A look at the live state that may take a good part of a turn: beside others, at a pace that leaves commands theirs. */
  readPaced: Runtime['readPaced'] = (timeline, options, view, waiting) =>
    this.#places.run(async () => {
      const { timeline: live, staleMs } = await this.#options.reached(timeline, options);
      return this.#options.pacer.paced(() => view(live.view(staleMs)));
    }, waiting);

  headOf: Runtime['headOf'] = async (timeline, options) => {
    const { head, staleMs } = await this.#known(timeline, options);
    return { version: head.version, staleMs };
  };

  readEvents: Runtime['readEvents'] = async (timeline, request, waiting) => {
    const page = await this.#places.run(async () => {
      const { timelineId } = await this.#known(timeline, {});
      return readPage(this.#options.log, { timelineId, ...request });
    }, waiting);
    return { events: page.events, headVersion: page.head.version, scannedTo: page.scannedTo };
  };

  listTimelines: Runtime['listTimelines'] = (page, waiting) =>
    this.#places.run(() => this.#options.log.listTimelines(page), waiting);

  lineage: Runtime['lineage'] = (timeline, waiting) =>
    this.#places.run(() => lineageOf(this.#options.log, timeline), waiting);

  listLabels: Runtime['listLabels'] = (timeline, page, waiting) =>
    this.#places.run(async () => {
      const { timelineId } = await recordOf(this.#options.log, timeline);
      return this.#options.log.listLabels(timelineId, page);
    }, waiting);

  listSnapshots: Runtime['listSnapshots'] = (timeline, waiting) =>
    this.#places.run(async () => {
      const { timelineId } = await recordOf(this.#options.log, timeline);
      return this.#options.log.listSnapshots(timelineId);
    }, waiting);

  async *follow(
    timeline: string,
    { afterVersion, signal, client, isEnding }: Parameters<Runtime['follow']>[1] & { readonly isEnding: () => boolean },
  ): AsyncGenerator<readonly RecordedEvent[]> {
    const { log, followed, live } = this.#options;
    const following = followed.join(await this.#known(timeline, {}));
    try {
      yield* follow(following, {
        log,
        afterVersion,
        signal,
        isEnding,
        live: () => live(timeline),
        inTurn: (read) => this.#places.run(read, { client, signal }),
      });
    } finally {
      followed.leave(following);
    }
  }

  outcomesOf: Runtime['outcomesOf'] = async (timeline, marketIds, { mayLoad = false, ...waiting } = {}) => {
    if (mayLoad || this.#options.live(timeline) !== undefined) {
      try {
        const { timeline: live } = await this.#options.reached(timeline, {});
        const { markets } = live.state;
        return new Map(marketIds.map((marketId) => [marketId, markets.get(marketId)?.terms.outcomes ?? []]));
      } catch (error) {
        if (!(error instanceof Overloaded || error instanceof TimelineStopped)) throw error;
      }
    }
    const { timelineId } = await recordOf(this.#options.log, timeline);
    return this.#outcomesInLog(timelineId, marketIds, waiting);
  };

  /** Nothing but the log tells them: it is looked through from the beginning until all are found. */
  async #outcomesInLog(
    timelineId: TimelineId,
    marketIds: readonly string[],
    waiting: Waiting,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const { log, pacer } = this.#options;
    const found = new Map<string, readonly string[]>();
    let page: ReadPage | undefined;
    while (marketIds.some((marketId) => !found.has(marketId))) {
      if (page !== undefined && page.scannedTo >= page.head.version) break;
      const request = { timelineId, afterVersion: page?.scannedTo ?? 0, types: MARKET_BIRTHS };
      const { events } = (page = await this.#places.run(() => readPage(log, request), waiting));
      await pacer.paced(() => {
        for (const stored of events) {
          const read = readStoredEvent(stored);
          if (read.kind === 'read' && isMarketBirth(read.event))
            found.set(read.event.data.marketId, read.event.data.outcomes);
        }
      });
    }
    return found;
  }

  /** What a live timeline knows; one that cannot be gone on with is read from its log, as far as that goes. */
  async #liveKnown(name: string, options: ReadOptions): Promise<Known | undefined> {
    if (this.#options.live(name) === undefined) return undefined;
    try {
      const { timeline, staleMs } = await this.#options.reached(name, options);
      return { timelineId: timeline.record.timelineId, name, head: timeline.head, staleMs };
    } catch (error) {
      if (error instanceof TimelineStopped) return undefined;
      throw error;
    }
  }

  async #known(name: string, options: ReadOptions): Promise<Known> {
    const { log, clock } = this.#options;
    const live = await this.#liveKnown(name, options);
    if (live !== undefined) return live;
    const { minVersion = 0 } = options;
    const deadlineMs = clock.monotonicMs() + MIN_VERSION_WAIT_MS;
    for (;;) {
      const { timelineId, head } = await recordOf(log, name);
      if (head.version >= minVersion) return { timelineId, name, head, staleMs: null };
      if (clock.monotonicMs() >= deadlineMs) throw notReached(minVersion, head);
      await new Promise((resolve) => setTimeout(resolve, MIN_VERSION_POLL_MS));
    }
  }
}

export const notReached = (minVersion: number, { version }: Head): VersionNotReached =>
  new VersionNotReached(`version ${minVersion} was not reached in time; the timeline is at ${version}`);
