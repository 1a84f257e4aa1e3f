import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogCorrupt, LogUnavailable, TimelineGone, type RecordedReplay, type ReplayStore } from '#event-log';
import { proposedKey, replyOf } from '../administering.js';
import { Draining, MemoryShort, Overloaded, TimelineStopped, TimelineUnknown, VersionAhead } from '../contract.js';
import { recordOf } from '../lineage.js';
import type { RuntimeOptions } from '../options.js';
import type { Streams } from '../streams.js';
import type { Replay, ReplayFailure, ReplayOutcome, Replays, ReplaySubmission, ReplayWork } from './contract.js';
import type { ReplayTools } from './log-replay.js';
import { rebuild } from './rebuild.js';
import { ClaimLost, RunningReplay } from './running-replay.js';
import { readDifference } from './stored-difference.js';
import { verify } from './verify.js';

/** Unfinished jobs of all processes together; more are refused. */
const UNFINISHED_MAX = 16;
const FINISHED_KEPT = 1_000;
/** A job whose processes keep dying is not tried for ever. */
const ATTEMPTS_MAX = 20;
const RETRY_AFTER_SECONDS = 10;
const WATCH_MS = 500;

/** How many jobs this process works on at once, how often it looks for them, and how long it holds them between reports. */
export const replayTimes = (options: RuntimeOptions) => ({
  runningMax: options.replaysMax ?? 2,
  pollMs: options.replayPollMs ?? 1_500,
  leaseMs: options.replayLeaseMs ?? 10_000,
  reportMs: options.replayReportMs ?? 1_000,
});

export interface ReplaysOptions extends ReplayTools, ReturnType<typeof replayTimes> {
  /** How this process is called; no other may be called so. */
  readonly owner: string;
  readonly streams: Streams;
  /** Told of a job that this process ended because of a fault that nobody foresaw. */
  readonly onFault: (replay: Pick<RecordedReplay, 'id' | 'timeline'>, error: unknown) => void;
}

/** See `Replays`. */
export class LogReplays implements Replays {
  readonly #options: ReplaysOptions;
  readonly #store: ReplayStore;
  readonly #running = new Map<string, { readonly job: RunningReplay; readonly done: Promise<void> }>();
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  #stopping = false;

  constructor(options: ReplaysOptions) {
    this.#options = options;
    this.#store = options.log.replays;
  }

  /** Starts to look for jobs. */
  open(): void {
    this.#timer = setInterval(() => void this.#look(), this.#options.pollMs).unref();
  }

  /** Gives the jobs back that are under way, for another process to take. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { job } of this.#running.values()) job.end(new Draining('this process is stopping'));
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async start({ timeline, mode, toVersion, key }: ReplaySubmission): Promise<ReplayOutcome> {
    const { log } = this.#options;
    const burnt = key === null ? undefined : await log.findServerKey(key.digest(0));
    const earlier = replyOf<{ readonly replay: string }>(burnt, key);
    if (earlier === 'key-reused') return { status: earlier };
    if (earlier !== undefined) {
      const replay = await this.find(earlier.replay);
      return replay === undefined ? { status: 'forgotten' } : { status: 'started', replay };
    }
    const { timelineId, head } = await recordOf(log, timeline);
    if (toVersion !== null && toVersion > head.version) throw new VersionAhead(toVersion, head.version);
    const id = randomUUID();
    const request = { id, timelineId, mode, toVersion, key: proposedKey(key, 0, { replay: id }) };
    const outcome = await this.#store.create(request, { unfinishedMax: UNFINISHED_MAX, finishedKept: FINISHED_KEPT });
    if (outcome.status === 'key-taken') return this.start({ timeline, mode, toVersion, key });
    if (outcome.status === 'full') {
      throw new Overloaded(`${UNFINISHED_MAX} replays are unfinished already`, RETRY_AFTER_SECONDS);
    }
    void this.#look();
    return { status: 'started', replay: this.#shown(outcome.replay) };
  }

  async find(id: string): Promise<Replay | undefined> {
    const recorded = await this.#store.find(id);
    return recorded && this.#shown(recorded);
  }

  async list(page: Parameters<Replays['list']>[0]): Promise<readonly Replay[]> {
    return (await this.#store.list(page)).map((recorded) => this.#shown(recorded));
  }

  async cancel(id: string): Promise<Replay | undefined> {
    const recorded = await this.#store.cancel(id);
    if (recorded?.status !== 'running') this.#running.get(id)?.job.end(new ClaimLost(`replay ${id} has ended`));
    return recorded && this.#shown(recorded);
  }

  watch(id: string, signal: AbortSignal): AsyncIterable<Replay> {
    return this.#options.streams.count(() => this.#watch(id, signal));
  }

  status(): readonly ReplayWork[] {
    return [...this.#running.values()].map(({ job: { recorded, progress } }) => {
      const { id, timeline, mode } = recorded;
      return { id, timeline, mode, ...progress };
    });
  }

  async *#watch(id: string, signal: AbortSignal): AsyncGenerator<Replay> {
    while (!signal.aborted) {
      const replay = await this.find(id);
      if (replay === undefined) return;
      yield replay;
      if (replay.status !== 'running') return;
      await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Takes jobs that nobody works on, as many as there is room for. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { owner, leaseMs, runningMax } = this.#options;
    try {
      while (!this.#stopping && this.#running.size < runningMax) {
        const recorded = await this.#store.claim(owner, leaseMs, [...this.#running.keys()]);
        if (recorded === undefined) break;
        this.#begin(recorded);
      }
    } catch {
      // The database is away; it is asked again at the next look.
    } finally {
      this.#looking = false;
    }
  }

  #begin(recorded: RecordedReplay): void {
    const { owner, leaseMs, reportMs } = this.#options;
    const job = new RunningReplay(recorded, { store: this.#store, owner, leaseMs, reportMs });
    const done = this.#work(job).then((mayGoOn) => {
      this.#running.delete(recorded.id);
      if (mayGoOn) void this.#look();
    });
    this.#running.set(recorded.id, { job, done });
    if (this.#stopping) job.end(new Draining('this process is stopping'));
  }

  /** Never rejects; false where the database was away: then the next look is soon enough. */
  async #work(job: RunningReplay): Promise<boolean> {
    try {
      if (job.recorded.attempts > ATTEMPTS_MAX) throw new GivenUp(`it was begun ${ATTEMPTS_MAX} times in vain`);
      await (job.recorded.mode === 'verify' ? verify : rebuild)(this.#options, job);
      return true;
    } catch (error) {
      await this.#endAfter(job, job.signal.aborted ? job.signal.reason : error).catch(() => undefined);
      return !(error instanceof LogUnavailable);
    } finally {
      await job.close();
    }
  }

  async #endAfter(job: RunningReplay, error: unknown): Promise<void> {
    if (error instanceof ClaimLost) return;
    if (error instanceof Draining || error instanceof LogUnavailable) {
      // A report that is under way would hold it again.
      await job.close();
      await this.#store.giveBack(job.claim);
      return;
    }
    const foreseen = failureOf(error);
    if (foreseen === undefined) this.#options.onFault(job.recorded, error);
    const failure = foreseen ?? { version: null, reason: 'the server made a mistake' };
    const result = { stateHash: null, matches: null, firstDifference: null, failure: JSON.stringify(failure) };
    await this.#store.finish(job.claim, { status: 'failed', progress: job.wholeProgress, result });
  }

  /** The row, or what this process knows better. */
  #shown(recorded: RecordedReplay): Replay {
    const { timelineId: _timelineId, firstDifference, failure, ...fields } = recorded;
    const job = this.#running.get(recorded.id)?.job;
    const isOurs = job?.claim.attempt === recorded.attempts && recorded.owner === job.claim.owner;
    const known = recorded.status === 'running' && isOurs ? { ...fields, ...job.progress } : fields;
    return {
      ...known,
      etaMs: etaMs(known),
      firstDifference: firstDifference === null ? null : readDifference(firstDifference),
      failure: failure === null ? null : (JSON.parse(failure) as ReplayFailure),
    };
  }
}

function etaMs({ status, version, of, eventsPerSecond }: Omit<Replay, 'etaMs' | 'firstDifference' | 'failure'>) {
  if (status !== 'running') return 0;
  if (of === null || eventsPerSecond <= 0) return null;
  return Math.round(((of - version) / eventsPerSecond) * 1_000);
}

/** It was tried too often. */
class GivenUp extends Error {}

/** What a replay fails of that trying again would not mend. */
function failureOf(error: unknown): ReplayFailure | undefined {
  if (error instanceof TimelineStopped || error instanceof LogCorrupt) {
    return { version: error.version, reason: error.message };
  }
  const isEnd =
    error instanceof GivenUp ||
    error instanceof MemoryShort ||
    error instanceof VersionAhead ||
    error instanceof TimelineGone ||
    error instanceof TimelineUnknown;
  return isEnd ? { version: null, reason: error.message } : undefined;
}
