import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { decide, EVENT_SHAPES, evolve, State, type Limits, type ReadableState } from '#domain';
import type {
  EventLog,
  Head,
  ProposedEvent,
  RecordedEvent,
  SnapshotInfo,
  TimelineId,
  TimelineRecord,
} from '#event-log';
import { DatabaseClock, systemClock, type ProcessClock } from './clock.js';
import {
  Draining,
  Overloaded,
  TimelineUnknown,
  VersionNotReached,
  type CreateTimelineSubmission,
  type LiveView,
  type Outcome,
  type PinnedView,
  type ProcessStatus,
  type ReadOptions,
  type Runtime,
} from './contract.js';
import { foldTail } from './fold.js';
import { SYSTEM_ACTOR } from './group.js';
import { LiveTimeline } from './live-timeline.js';
import { SnapshotKeeper } from './snapshot-keeper.js';
import { hashState, newestGoodSnapshot } from './snapshots.js';

/** Told of what operators should know; the caller logs and counts it. */
export interface RuntimeReports {
  readonly snapshotPassedOver?: (problem: {
    readonly timeline: string;
    readonly version: number;
    readonly detail: string;
  }) => void;
  readonly snapshotFailed?: (problem: { readonly timeline: string; readonly error: unknown }) => void;
  readonly rewound?: (problem: { readonly timeline: string; readonly detail: string }) => void;
  readonly loaded?: (loaded: {
    readonly timeline: string;
    readonly version: number;
    readonly snapshotVersion: number;
    readonly ms: number;
  }) => void;
  readonly committed?: (group: { readonly commands: number; readonly events: number; readonly ms: number }) => void;
}

export interface RuntimeOptions {
  readonly log: EventLog;
  /** Fingerprint of the built domain: snapshots of another are passed over. */
  readonly reducer: string;
  readonly timelinesLoadedMax: number;
  readonly timelineIdleSeconds: number;
  readonly commandsQueuedMax: number;
  readonly eventsPerCommitMax: number;
  readonly commandDeadlineMs: number;
  readonly streamsMax: number;
  readonly followPollMs: number;
  readonly snapshotIntervalSeconds: number;
  readonly snapshotEveryEvents: number;
  readonly snapshotKeep: number;
  readonly documentsMax: number;
  readonly documentBytesMax: number;
  /** How often time is looked at: markets that expire, yield that is due. */
  readonly tickMs?: number;
  readonly processClock?: ProcessClock;
  readonly reports?: RuntimeReports;
}

interface FoldedTimeline {
  readonly state: State;
  readonly head: Head;
  readonly lastClientVersion: number;
  readonly snapshotVersion: number;
}

const TICK_MS = 1_000;
const MIN_VERSION_WAIT_MS = 2_000;
const MIN_VERSION_POLL_MS = 50;
/** How far back the last client's event is looked for after a load; further back counts as there. */
const CLIENT_EVENTS_SCANNED_MAX = 1_000;
const FOLLOW_PAGE_EVENTS = 500;

/** Opens the live timelines over a log. `drain` ends it; the log stays the caller's. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const runtime = new LogRuntime(options);
  await runtime.start();
  return runtime;
}

class LogRuntime implements Runtime {
  readonly #options: RuntimeOptions;
  readonly #clock: DatabaseClock;
  readonly #writer = `${hostname()}:${process.pid}:${randomUUID().slice(0, 4)}`;
  readonly #loaded = new Map<string, Promise<LiveTimeline>>();
  readonly #live = new Map<string, LiveTimeline>();
  readonly #keeper: SnapshotKeeper;
  readonly #limits: Limits;
  #streams = 0;
  #draining = false;
  #databaseAvailable = true;
  #timers: NodeJS.Timeout[] = [];
  #polling = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#clock = new DatabaseClock(options.processClock ?? systemClock(0));
    this.#limits = { documentsMax: options.documentsMax, documentBytesMax: options.documentBytesMax };
    this.#keeper = new SnapshotKeeper({
      log: options.log,
      reducer: options.reducer,
      everyEvents: options.snapshotEveryEvents,
      intervalMs: options.snapshotIntervalSeconds * 1_000,
      keep: options.snapshotKeep,
      nowMs: () => this.#clock.nowMs(),
      onFailure: (timeline, error) => options.reports?.snapshotFailed?.({ timeline, error }),
    });
  }

  async start(): Promise<void> {
    this.#clock.observe(await this.#options.log.databaseTimeMs());
    this.#every(this.#options.tickMs ?? TICK_MS, () => {
      this.#tick();
    });
    this.#every(this.#options.followPollMs, () => {
      void this.#poll();
    });
  }

  async createTimeline(submission: CreateTimelineSubmission): Promise<Outcome | { readonly status: 'name-taken' }> {
    if (this.#draining) throw new Draining('this process is stopping');
    const { log } = this.#options;
    const { name, key, actor } = submission;
    const earlier = key === null ? undefined : await log.findServerKey(key.digest(0));
    if (earlier !== undefined) return this.#createdBefore(earlier, submission);
    this.#clock.observe(await log.databaseTimeMs());
    this.#clock.assertAgrees();
    const decided = this.#decideFirstCommit(submission);
    if ('status' in decided) return decided;
    const versions = { firstVersion: 1, lastVersion: decided.length };
    const outcome = await log.createTimeline({
      name,
      events: decided,
      key: key && {
        digest: key.digest(0),
        requestHash: key.requestHash,
        ...versions,
        reply: JSON.stringify({ timeline: name }),
      },
      recordedAtMs: this.#clock.nowMs(),
      writer: this.#writer,
    });
    switch (outcome.status) {
      case 'created': {
        const events = decided.map((event, i) => ({ ...event, actor, version: i + 1 }));
        return { status: 'accepted', version: events.length, events, repeated: false };
      }
      case 'name-taken':
        return outcome;
      case 'key-taken':
        return this.createTimeline(submission);
    }
  }

  async execute(...[timeline, submission]: Parameters<Runtime['execute']>): ReturnType<Runtime['execute']> {
    return (await this.#timeline(timeline)).execute(submission);
  }

  async executeBatch(...[timeline, batch]: Parameters<Runtime['executeBatch']>): ReturnType<Runtime['executeBatch']> {
    return (await this.#timeline(timeline)).executeBatch(batch);
  }

  async read<T>(timeline: string, options: ReadOptions, view: (live: LiveView) => T): Promise<T> {
    const live = await this.#reached(timeline, options);
    return view(live.timeline.view(live.staleMs));
  }

  async readPinned<T>(timeline: string, options: ReadOptions, work: (pinned: PinnedView) => Promise<T>): Promise<T> {
    const { timeline: live, staleMs } = await this.#reached(timeline, options);
    const state = live.state.pin();
    try {
      return await work({ timeline, state, version: live.head.version, staleMs });
    } finally {
      state.release();
    }
  }

  stateHash(state: ReadableState): Promise<string> {
    return hashState(state);
  }

  async readEvents(
    ...[timeline, { afterVersion, limit, types }]: Parameters<Runtime['readEvents']>
  ): ReturnType<Runtime['readEvents']> {
    const live = await this.#timeline(timeline);
    const { timelineId } = live.record;
    const page = await this.#options.log.readEvents({ timelineId, afterVersion, limit, ...(types && { types }) });
    const last = page.events.at(-1)?.version;
    const isLastPage = page.events.length < limit || last === undefined;
    return {
      events: page.events,
      headVersion: page.head.version,
      scannedTo: isLastPage ? Math.max(page.head.version, afterVersion) : last,
    };
  }

  async *follow(...[timeline, options]: Parameters<Runtime['follow']>): AsyncGenerator<readonly RecordedEvent[]> {
    if (this.#draining) throw new Draining('this process is stopping');
    if (this.#streams >= this.#options.streamsMax) throw new Overloaded(`${this.#streams} streams are open`);
    this.#streams += 1;
    try {
      const live = await this.#timeline(timeline);
      await live.confirmed();
      let cursor = options.afterVersion ?? live.head.version;
      if (cursor > live.head.version) {
        throw new VersionNotReached(`version ${cursor} is ahead of the head, ${live.head.version}`);
      }
      while (!options.signal.aborted && !this.#draining) {
        const events = await this.#eventsAfter(live, cursor);
        cursor = events.at(-1)?.version ?? cursor;
        if (events.length > 0) yield events;
        else await abortable(live.advanced(1_000), options.signal);
      }
    } finally {
      this.#streams -= 1;
    }
  }

  async takeSnapshot(timeline: string): Promise<SnapshotInfo> {
    const { timeline: live } = await this.#reached(timeline, {});
    return this.#keeper.take(live);
  }

  async listSnapshots(timeline: string): Promise<readonly SnapshotInfo[]> {
    const live = await this.#timeline(timeline);
    return this.#options.log.listSnapshots(live.record.timelineId);
  }

  listTimelines(...[page]: Parameters<Runtime['listTimelines']>): ReturnType<Runtime['listTimelines']> {
    return this.#options.log.listTimelines(page);
  }

  status(): ProcessStatus {
    return {
      writer: this.#writer,
      draining: this.#draining,
      databaseAvailable: this.#databaseAvailable,
      clockDifferenceMs: this.#clock.differenceMs,
      streams: this.#streams,
      timelines: [...this.#live.values()].map((live) => live.status(this.#keeper.lastVersion(live))),
    };
  }

  async drain(): Promise<void> {
    this.#draining = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.allSettled(this.#loaded.values());
    await Promise.all([...this.#live.values()].map((live) => live.drain()));
    await this.#keeper.finish([...this.#live.values()]);
  }

  #every(ms: number, run: () => void): void {
    const timer = setInterval(run, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  async #reached(
    name: string,
    { minVersion = 0 }: ReadOptions,
  ): Promise<{ readonly timeline: LiveTimeline; readonly staleMs: number | null }> {
    const timeline = await this.#timeline(name);
    const deadlineMs = this.#clock.monotonicMs() + MIN_VERSION_WAIT_MS;
    for (;;) {
      const staleMs = await timeline.confirmed();
      if (timeline.head.version >= minVersion) return { timeline, staleMs };
      if (this.#clock.monotonicMs() >= deadlineMs) {
        throw new VersionNotReached(
          `version ${minVersion} was not reached in time; the timeline is at ${timeline.head.version}`,
        );
      }
      await timeline.advanced(MIN_VERSION_POLL_MS);
    }
  }

  /** The live timeline, loaded if need be. */
  #timeline(name: string): Promise<LiveTimeline> {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const loading = this.#load(name);
    this.#loaded.set(name, loading);
    loading.catch(() => this.#loaded.delete(name));
    return loading;
  }

  async #load(name: string): Promise<LiveTimeline> {
    const record = await this.#options.log.findTimeline(name);
    if (record === undefined) throw new TimelineUnknown(`there is no timeline ${name}`);
    this.#makeRoom();
    const loaded = await this.#foldFromLog(record);
    const live = new LiveTimeline(record, loaded, {
      log: this.#options.log,
      clock: this.#clock,
      writer: this.#writer,
      commandsQueuedMax: this.#options.commandsQueuedMax,
      eventsPerCommitMax: this.#options.eventsPerCommitMax,
      commandDeadlineMs: this.#options.commandDeadlineMs,
      limits: this.#limits,
      reload: () => this.#reload(name),
      onAdvance: (timeline) => {
        this.#keeper.noticeAdvance(timeline);
      },
      onRewound: (timeline, detail) => this.#options.reports?.rewound?.({ timeline: timeline.name, detail }),
      onCommit: (group) => this.#options.reports?.committed?.(group),
    });
    this.#live.set(name, live);
    this.#keeper.add(live, loaded.snapshotVersion);
    return live;
  }

  async #reload(name: string): Promise<FoldedTimeline> {
    const record = await this.#options.log.findTimeline(name);
    if (record === undefined) throw new TimelineUnknown(`timeline ${name} is gone`);
    return this.#foldFromLog(record);
  }

  async #foldFromLog(record: TimelineRecord): Promise<FoldedTimeline> {
    const { log, reducer, reports } = this.#options;
    const startMs = this.#clock.monotonicMs();
    const snapshot = await newestGoodSnapshot(log, { timeline: record, reducer }, (problem) =>
      reports?.snapshotPassedOver?.({ timeline: record.name, ...problem }),
    );
    const state = snapshot?.state ?? new State();
    const from = snapshot?.head ?? { version: 0, hash: record.genesisHash };
    const head = await foldTail(log, { timelineId: record.timelineId, state, head: from });
    const lastClientVersion = await this.#lastClientVersion(record.timelineId, head);
    const ms = this.#clock.monotonicMs() - startMs;
    reports?.loaded?.({ timeline: record.name, version: head.version, snapshotVersion: from.version, ms });
    return { state, head, lastClientVersion, snapshotVersion: from.version };
  }

  async #lastClientVersion(timelineId: TimelineId, head: Head): Promise<number> {
    const afterVersion = Math.max(0, head.version - CLIENT_EVENTS_SCANNED_MAX);
    const request = { timelineId, afterVersion, toVersion: head.version, limit: CLIENT_EVENTS_SCANNED_MAX };
    const { events } = await this.#options.log.readEvents(request);
    return events.findLast(({ actor }) => actor !== SYSTEM_ACTOR)?.version ?? afterVersion;
  }

  /** Evicts what has been idle longest, where the limit is reached. */
  #makeRoom(): void {
    if (this.#live.size < this.#options.timelinesLoadedMax) return;
    const idle = [...this.#live.values()].filter((live) => live.isIdle).sort((a, b) => a.usedAtMs - b.usedAtMs);
    const [oldest] = idle;
    if (oldest === undefined) throw new Overloaded(`${this.#live.size} timelines are loaded and all are in use`);
    this.#evict(oldest);
  }

  #evict(live: LiveTimeline): void {
    this.#live.delete(live.name);
    this.#loaded.delete(live.name);
    this.#keeper.remove(live);
  }

  #tick(): void {
    const idleBeforeMs = this.#clock.monotonicMs() - this.#options.timelineIdleSeconds * 1_000;
    for (const live of this.#live.values()) {
      if (live.isIdle && live.usedAtMs < idleBeforeMs) this.#evict(live);
      else live.tick();
    }
    this.#keeper.noticeTime();
  }

  /** One read of all loaded timelines' heads: how commits of other processes are noticed, and the database's absence. */
  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      const ids = [...this.#live.values()].map(({ record }) => record.timelineId);
      if (ids.length === 0) this.#clock.observe(await this.#options.log.databaseTimeMs());
      const heads = ids.length === 0 ? new Map<TimelineId, Head>() : await this.#options.log.readHeads(ids);
      this.#databaseAvailable = true;
      for (const live of this.#live.values()) {
        const head = heads.get(live.record.timelineId);
        if (head !== undefined) live.noticeHead(head);
      }
    } catch {
      this.#databaseAvailable = false;
    } finally {
      this.#polling = false;
    }
  }

  async #eventsAfter(live: LiveTimeline, cursor: number): Promise<readonly RecordedEvent[]> {
    const head = live.head.version;
    if (cursor >= head) return [];
    const recent = live.recent.after(cursor);
    if (recent !== undefined) return recent;
    const { timelineId } = live.record;
    const page = await this.#options.log.readEvents({
      timelineId,
      afterVersion: cursor,
      toVersion: head,
      limit: FOLLOW_PAGE_EVENTS,
    });
    return page.events;
  }

  async #createdBefore(
    earlier: { readonly requestHash: string; readonly firstVersion: number; readonly lastVersion: number },
    { key, name }: CreateTimelineSubmission,
  ): Promise<Outcome> {
    if (earlier.requestHash !== key?.requestHash) return { status: 'key-reused' };
    const record = await this.#options.log.findTimeline(name);
    if (record === undefined) throw new TimelineUnknown(`timeline ${name} is gone`);
    const { firstVersion, lastVersion } = earlier;
    const { events } = await this.#options.log.readEvents({
      timelineId: record.timelineId,
      afterVersion: firstVersion - 1,
      toVersion: lastVersion,
      limit: lastVersion - firstVersion + 1,
    });
    return { status: 'accepted', version: lastVersion, events, repeated: true };
  }

  #decideFirstCommit({ commands, actor }: CreateTimelineSubmission): readonly ProposedEvent[] | Outcome {
    const state = new State();
    const events: ProposedEvent[] = [];
    for (const command of commands) {
      const nowMs = Math.max(state.nowMs, this.#clock.nowMs());
      const decision = decide(state, command, { nowMs, limits: this.#limits });
      if (decision.kind === 'refused') return { status: 'refused', refusal: decision };
      if (decision.kind === 'repeated') continue;
      const commandId = randomUUID();
      for (const event of decision.events) {
        evolve(state, event, { version: events.length + 1, atMs: event.atMs });
        const { schemaVersion } = EVENT_SHAPES[event.type];
        const { type, atMs } = event;
        events.push({ type, schemaVersion, atMs, commandId, actor, data: JSON.stringify(event.data) });
      }
    }
    return events;
  }
}

function abortable(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void waited.then(done);
  });
}
