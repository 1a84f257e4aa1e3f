import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Limits, ReadableState } from '#domain';
import type { RecordedEvent, SnapshotInfo } from '#event-log';
import { labelTimeline, removeTimeline } from './administering.js';
import { byDeadline, orUnknown } from './by-deadline.js';
import { DatabaseClock, systemClock } from './clock.js';
import type { Asked } from './commit-loop-options.js';
import {
  DeadlineExceeded,
  Draining,
  MemoryShort,
  type LiveView,
  type PinnedView,
  type ProcessStatus,
  type ReadOptions,
  type Runtime,
  type TimelineStopped,
} from './contract.js';
import { createTimeline, type Creator } from './creating.js';
import { DatabaseWatch } from './database-watch.js';
import { FollowedTimelines } from './followed-timelines.js';
import { forkTimeline } from './forking.js';
import { HeadPoll, type HeadWatcher, type PolledHead } from './head-poll.js';
import { LiveTimeline } from './live-timeline.js';
import { LiveTimelines } from './live-timelines.js';
import { Loader } from './loading.js';
import { LogReader, MIN_VERSION_POLL_MS, MIN_VERSION_WAIT_MS, notReached, type Reached } from './log-reader.js';
import { MemoryBudget, type Allotment } from './memory-budget.js';
import { memoryLimits } from './memory-limits.js';
import type { RuntimeOptions } from './options.js';
import { Pacer } from './pacer.js';
import type { Waiting } from './past/contract.js';
import { hashAside } from './past/fold-aside.js';
import { PastStates } from './past/past-states.js';
import { PinnedReaders } from './pinned-readers.js';
import { LogReplays, replayTimes } from './replay/replays.js';
import { SnapshotKeeper } from './snapshot-keeper.js';
import { Streams } from './streams.js';
import { TakingOver } from './taking-over.js';

const TICK_MS = 1_000;
/** How often the database is asked how it is. */
const LOOK_MS = 1_000;
const PAST_STATES_MAX = 2;

/** Opens the live timelines over a log. `drain` ends it; the log stays the caller's. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const runtime = new LogRuntime(options);
  await runtime.start();
  return runtime;
}

class LogRuntime implements Runtime {
  readonly past: PastStates;
  readonly replays: LogReplays;
  readonly lineage: Runtime['lineage'];
  readonly listLabels: Runtime['listLabels'];
  readonly headOf: Runtime['headOf'];
  readonly readEvents: Runtime['readEvents'];
  readonly outcomesOf: Runtime['outcomesOf'];
  readonly listSnapshots: Runtime['listSnapshots'];
  readonly listTimelines: Runtime['listTimelines'];
  readonly readPaced: Runtime['readPaced'];
  readonly #options: RuntimeOptions;
  readonly #clock: DatabaseClock;
  readonly #writer = `${hostname()}:${process.pid}:${randomUUID().slice(0, 4)}`;
  readonly #timelines: LiveTimelines;
  readonly #keeper: SnapshotKeeper;
  readonly #limits: Limits;
  readonly #memory: MemoryBudget;
  readonly #loader: Loader;
  readonly #pacer = new Pacer();
  readonly #pinned = new PinnedReaders();
  readonly #streams: Streams;
  readonly #takingOver: TakingOver;
  readonly #followed: FollowedTimelines;
  readonly #reader: LogReader;
  readonly #poll: HeadPoll;
  readonly #watch: DatabaseWatch;
  #draining = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#clock = new DatabaseClock(options.processClock ?? systemClock(0));
    this.#limits = { documentsMax: options.documentsMax, documentBytesMax: options.documentBytesMax };
    this.#memory = new MemoryBudget(memoryLimits(options), this.#clock, options.reports?.memoryShort);
    this.#loader = new Loader({ ...options, clock: this.#clock, memory: this.#memory });
    this.#keeper = SnapshotKeeper.of(options, () => this.#clock.nowMs());
    this.#timelines = new LiveTimelines({
      loadedMax: options.timelinesLoadedMax,
      idleMs: options.timelineIdleSeconds * 1_000,
      monotonicMs: () => this.#clock.monotonicMs(),
      memory: this.#memory,
      load: (name, memory) => this.#load(name, memory),
      onLoaded: (timeline) => {
        this.#keeper.add(timeline);
      },
      onEvicted: (timeline) => this.#keeper.remove(timeline),
      onForgotten: (timeline) => this.#keeper.forget(timeline),
      onStopped: (name, stop) => {
        this.#reportStop(name, stop);
      },
    });
    const reads = options.reads ?? options.log;
    const heads = options.heads ?? options.log;
    const live = (name: string) => this.#timelines.loaded(name);
    this.#followed = new FollowedTimelines({ log: reads, live });
    this.#poll = new HeadPoll({
      log: heads,
      clock: this.#clock,
      watchers: () => [...this.#timelines.all().map((loaded) => this.#watcherOf(loaded)), ...this.#followed.watchers()],
    });
    this.#watch = new DatabaseWatch({ ...options, log: heads, poll: this.#poll, clock: this.#clock });
    this.#streams = new Streams(options.streamsMax);
    this.#reader = new LogReader({
      log: reads,
      clock: this.#clock,
      pacer: this.#pacer,
      followed: this.#followed,
      live,
      reached: (name, wanted) => this.#reached(name, wanted),
    });
    this.lineage = this.#reader.lineage;
    this.listLabels = this.#reader.listLabels;
    this.headOf = this.#reader.headOf;
    this.readEvents = this.#reader.readEvents;
    this.outcomesOf = this.#reader.outcomesOf;
    this.listSnapshots = this.#reader.listSnapshots;
    this.listTimelines = this.#reader.listTimelines;
    this.readPaced = this.#reader.readPaced;
    const beside = {
      log: reads,
      reducer: options.reducer,
      pacer: this.#pacer,
      memory: this.#memory,
      snapshotPassedOver: (timeline: string) => (problem: { readonly version: number; readonly detail: string }) =>
        options.reports?.snapshotPassedOver?.({ timeline, ...problem }),
    };
    this.past = new PastStates({ ...beside, foldingMax: options.pastStatesMax ?? PAST_STATES_MAX, live });
    this.#takingOver = new TakingOver({
      ...beside,
      monotonicMs: () => this.#clock.monotonicMs(),
      onTakenOver: (taken) => options.reports?.takenOver?.(taken),
      onFailure: (timeline, error) => {
        // There is no room for both states: whoever asks next gets the rebuilt one.
        if (error instanceof MemoryShort) this.#timelines.forget(timeline);
        else options.reports?.takeOverFailed?.({ timeline, error });
      },
    });
    this.replays = new LogReplays({
      ...beside,
      past: this.past,
      owner: this.#writer,
      ...replayTimes(options),
      snapshotKeep: options.snapshotKeep,
      streams: this.#streams,
      nowMs: () => this.#clock.nowMs(),
      pinLive: (name) => this.#pinLive(name),
      onRebuilt: (name) => {
        this.#timelines.retry(name);
        void this.#poll.run();
      },
      onFault: ({ id, timeline }, error) => options.reports?.replayFailed?.({ id, timeline, error }),
    });
  }

  async start(): Promise<void> {
    this.#clock.observe(await this.#options.log.databaseTimeMs());
    this.#every(this.#options.tickMs ?? TICK_MS, () => {
      this.#tick();
    });
    this.#every(this.#options.followPollMs, () => {
      void this.#watch.poll();
    });
    this.#every(LOOK_MS, () => {
      void this.#watch.look();
    });
    this.replays.open();
  }

  async createTimeline(...[submission]: Parameters<Runtime['createTimeline']>): ReturnType<Runtime['createTimeline']> {
    if (this.#draining) throw new Draining('this process is stopping');
    return createTimeline(this.#creator(), submission);
  }

  forkTimeline(...[submission]: Parameters<Runtime['forkTimeline']>): ReturnType<Runtime['forkTimeline']> {
    return orUnknown(forkTimeline(this.#creator(), submission), this.#options.commandDeadlineMs);
  }

  async removeTimeline(...[submission]: Parameters<Runtime['removeTimeline']>): ReturnType<Runtime['removeTimeline']> {
    const { log, commandDeadlineMs } = this.#options;
    const outcome = await orUnknown(removeTimeline(log, submission), commandDeadlineMs);
    if (outcome.status === 'removed') this.#timelines.forget(submission.timeline);
    return outcome;
  }

  async saveLabel(
    ...[timeline, { label, version: at, key }]: Parameters<Runtime['saveLabel']>
  ): ReturnType<Runtime['saveLabel']> {
    const live = this.#timelines.loaded(timeline);
    const version = live?.head.version;
    const snapshot = live && this.#keeper.prepare(live);
    let isNamed = false;
    try {
      const { log, commandDeadlineMs } = this.#options;
      const outcome = await orUnknown(labelTimeline(log, { timeline, label, at, key }), commandDeadlineMs);
      isNamed = outcome.status === 'saved' && outcome.label.version === version;
      return outcome;
    } finally {
      if (isNamed) snapshot?.takeQuietly();
      else snapshot?.release();
    }
  }

  execute(...[timeline, submission]: Parameters<Runtime['execute']>): ReturnType<Runtime['execute']> {
    return this.#command(timeline, (live, deadlineMs) => live.execute(submission, deadlineMs));
  }

  executeBatch(...[timeline, batch]: Parameters<Runtime['executeBatch']>): ReturnType<Runtime['executeBatch']> {
    return this.#command(timeline, (live, deadlineMs) => live.executeBatch(batch, deadlineMs));
  }

  async read<T>(timeline: string, options: ReadOptions, view: (live: LiveView) => T): Promise<T> {
    const live = await this.#reached(timeline, options);
    return view(live.timeline.view(live.staleMs));
  }

  readPinned<T>(
    timeline: string,
    options: ReadOptions,
    work: (pinned: PinnedView) => Promise<T>,
    waiting: Waiting = {},
  ): Promise<T> {
    return this.#pinned.read(() => this.#reached(timeline, options), work, waiting);
  }

  stateHash(state: ReadableState, { signal }: Waiting = {}): Promise<string> {
    return hashAside(this.#pacer, state, signal);
  }

  paced<T>(piece: () => T): Promise<T> {
    return this.#pacer.paced(piece);
  }

  async *follow(...[timeline, options]: Parameters<Runtime['follow']>): AsyncGenerator<readonly RecordedEvent[]> {
    if (this.#draining) throw new Draining('this process is stopping');
    const isEnding = (): boolean => options.signal.aborted || this.#draining;
    yield* this.#streams.count(() => this.#reader.follow(timeline, { ...options, isEnding }));
  }

  async takeSnapshot(timeline: string): Promise<SnapshotInfo> {
    const { timeline: live } = await this.#reached(timeline, {});
    return this.#keeper.take(live);
  }

  status(): ProcessStatus {
    return {
      writer: this.#writer,
      draining: this.#draining,
      ...this.#watch.status(),
      clockDifferenceMs: this.#clock.differenceMs,
      streams: this.#streams.open,
      memory: this.#memory.status,
      replays: this.replays.status(),
      timelines: [
        ...this.#timelines.all().map((live) => live.status(this.#keeper.lastVersion(live))),
        ...this.#timelines.stopped(),
      ],
    };
  }

  async drain(): Promise<void> {
    this.#draining = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.replays.stop();
    await this.#timelines.settled();
    await Promise.all(this.#timelines.all().map((live) => live.drain()));
    await this.#keeper.finish(this.#timelines.all());
  }

  /** The deadline counts from here: loading the timeline is a part of it. */
  async #command<T>(name: string, give: (live: LiveTimeline, deadlineMs: number) => Promise<T>): Promise<T> {
    const withinMs = this.#options.commandDeadlineMs;
    const deadlineMs = this.#clock.monotonicMs() + withinMs;
    const late = (): Error => new DeadlineExceeded('the timeline was not loaded before the deadline of the command');
    const live = this.#timelines.loaded(name) ?? (await byDeadline(this.#timelines.get(name), { withinMs, late }));
    return give(live, deadlineMs);
  }

  async #pinLive(name: string) {
    if (this.#timelines.loaded(name) === undefined) return undefined;
    const { timeline: live, staleMs } = await this.#reached(name, {});
    const state = live.state.pin();
    const release = (): void => {
      state.release();
    };
    return { timeline: name, state, version: live.head.version, staleMs, release };
  }

  #creator(): Creator {
    return {
      log: this.#options.log,
      clock: this.#clock,
      writer: this.#writer,
      limits: this.#limits,
      rowBytesMax: this.#memory.limits.timelineBytesMax,
    };
  }

  #reportStop(timeline: string, { version, message }: TimelineStopped): void {
    this.#options.reports?.stopped?.({ timeline, version, reason: message });
  }

  #every(ms: number, run: () => void): void {
    const timer = setInterval(run, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  async #reached(name: string, { minVersion = 0 }: ReadOptions): Promise<Reached> {
    const timeline = await this.#timelines.get(name);
    const deadlineMs = this.#clock.monotonicMs() + MIN_VERSION_WAIT_MS;
    for (;;) {
      const staleMs = await timeline.confirmed();
      if (timeline.head.version >= minVersion) return { timeline, staleMs };
      if (this.#clock.monotonicMs() >= deadlineMs) throw notReached(minVersion, timeline.head);
      await timeline.advanced(MIN_VERSION_POLL_MS);
    }
  }

  async #load(name: string, memory: Allotment): Promise<LiveTimeline | undefined> {
    const { log, reports } = this.#options;
    const record = await log.findTimeline(name);
    if (record === undefined) return undefined;
    const loaded = await this.#loader.load(name, memory);
    return new LiveTimeline(record, loaded, {
      log,
      clock: this.#clock,
      writer: this.#writer,
      commandsQueuedMax: this.#options.commandsQueuedMax,
      eventsPerCommitMax: this.#options.eventsPerCommitMax,
      commandDeadlineMs: this.#options.commandDeadlineMs,
      limits: this.#limits,
      growth: this.#memory.growth,
      queueMemory: this.#memory.queues,
      reload: () => this.#loader.reload(name),
      onMemoryShort: this.#timelines.drop,
      onAdvance: (timeline) => {
        this.#keeper.noticeAdvance(timeline);
        this.#followed.advanced(timeline);
      },
      onRewound: (timeline, detail) => {
        this.#followed.finish(timeline.record.timelineId, 'rewound');
        reports?.rewound?.({ timeline: timeline.name, detail });
      },
      onStopped: (stop) => {
        this.#reportStop(name, stop);
      },
      onCommit: (group) => reports?.committed?.(group),
      onCommitFault: this.#watch.noticeFault,
    });
  }

  #tick(): void {
    this.#timelines.evictIdle(this.#clock.monotonicMs());
    for (const live of this.#timelines.all()) {
      try {
        live.tick();
      } catch (error) {
        this.#options.reports?.tickFailed?.({ timeline: live.name, error });
      }
    }
    this.#keeper.noticeTime();
  }

  #watcherOf(live: LiveTimeline): HeadWatcher {
    const whenAsked = live.asked;
    const onHead: HeadWatcher['onHead'] = (found) => {
      this.#noticeHead(live, found, whenAsked);
    };
    return { timelineId: live.record.timelineId, onHead };
  }

  #noticeHead(live: LiveTimeline, found: PolledHead | undefined, whenAsked: Asked): void {
    if (found === undefined) {
      this.#timelines.forget(live.name);
      return;
    }
    live.noticeHead(found, whenAsked);
    // What stopped on the state before may go on with the rebuilt one.
    if (live.stopped !== null && found.rebuilds > live.rebuilds) this.#timelines.retry(live.name);
    else this.#takingOver.notice(live, found.rebuilds);
  }
}
