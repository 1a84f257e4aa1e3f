import { decide, decideExpired, runsByItself, timelineTimeMs, type State } from '#domain';
import { LogUnavailable, OutcomeUnknown, type Head, type RecordedEvent, type TimelineRecord } from '#event-log';
import { byDeadline } from './by-deadline.js';
import type { Asked, CommitLoopOptions, Replacement } from './commit-loop-options.js';
import { CommitLoop } from './commit-loop.js';
import { Confirmations } from './confirmations.js';
import {
  Draining,
  type BatchOutcome,
  type BatchSubmission,
  type LiveTimelineStatus,
  type LiveView,
  type Outcome,
  type Submission,
  type TimelineStopped,
} from './contract.js';
import { SYSTEM_ACTOR } from './group.js';
import type { LoadedTimeline } from './loading.js';
import type { Allotment } from './memory-budget.js';
import { OncePerKey } from './once-per-key.js';
import type { RecentEvents } from './recent-events.js';
import { batchOutcome, completeOutcomes, Work } from './work.js';

/** A read waits so long for the database at most; then it is answered from what is known, and says how old that is. */
const CONFIRMATION_WAIT_MS = 2_000;

export interface LiveTimelineOptions extends Omit<CommitLoopOptions, 'onAdvance' | 'onRewound' | 'onMemoryShort'> {
  readonly commandDeadlineMs: number;
  /** Told when the live state has taken in commits, whoever wrote them. */
  readonly onAdvance: (timeline: LiveTimeline) => void;
  readonly onRewound: (timeline: LiveTimeline, detail: string) => void;
  readonly onMemoryShort: (timeline: LiveTimeline) => void;
}

/** One loaded timeline: what executes, reads and follows it. Its commit loop alone changes its state. */
export class LiveTimeline {
  readonly record: TimelineRecord;
  /** Version of the snapshot it was loaded from; 0 if from the whole log. */
  readonly loadedFromVersion: number;
  readonly #options: LiveTimelineOptions;
  readonly #loop: CommitLoop;
  readonly #confirmations: Confirmations;
  readonly #oncePerKey = new OncePerKey();
  readonly #waiters = new Set<() => void>();
  #holders = 0;
  #draining = false;
  #usedAtMs: number;

  constructor(record: TimelineRecord, loaded: LoadedTimeline, options: LiveTimelineOptions) {
    this.record = record;
    this.loadedFromVersion = loaded.snapshotVersion;
    this.#options = options;
    this.#usedAtMs = options.clock.monotonicMs();
    this.#confirmations = new Confirmations({
      clock: options.clock,
      ask: () => this.#loop.confirmHead(),
      hasReached: (version) => !this.#loop.mustReload && this.#loop.head.version >= version,
      loadedAtMs: loaded.startedAtMs,
    });
    this.#loop = new CommitLoop(record, loaded, {
      ...options,
      onAdvance: () => {
        this.#wake();
        options.onAdvance(this);
      },
      onCommit: (group) => {
        this.#confirmations.observe(options.clock.monotonicMs() - group.ms);
        options.onCommit(group);
      },
      onRewound: (detail) => {
        options.onRewound(this, detail);
      },
      onMemoryShort: () => {
        options.onMemoryShort(this);
      },
      onIdle: () => {
        this.#wake();
      },
    });
  }

  get name(): string {
    return this.record.name;
  }
  get state(): State {
    return this.#loop.state;
  }
  get head(): Head {
    return this.#loop.head;
  }
  /** What it takes of the process's memory. */
  get memory(): Allotment {
    return this.#loop.memory;
  }
  get recent(): RecentEvents {
    return this.#loop.recent;
  }
  /** Monotonic time of the last use by a client. */
  get usedAtMs(): number {
    return this.#usedAtMs;
  }
  /** Whether it may be evicted. */
  get isIdle(): boolean {
    return this.#loop.isIdle && this.#waiters.size === 0 && this.#holders === 0;
  }

  /** How often the timeline had been rebuilt when its state was folded. */
  get rebuilds(): number {
    return this.#loop.rebuilds;
  }
  /** Why it takes no commands, if it does not. */
  get stopped(): TimelineStopped | null {
    return this.#loop.stopped;
  }

  /** Keeps the timeline loaded until what is returned is called: for readers that hold its state still. */
  retain(): () => void {
    this.#holders += 1;
    return () => {
      this.#holders -= 1;
    };
  }

  status(snapshotVersion: number | null): LiveTimelineStatus {
    const { version, hash } = this.head;
    const { queued, counts, stopped } = this.#loop;
    return {
      name: this.name,
      version,
      chainHash: hash,
      queued,
      ...counts,
      snapshotVersion,
      stopped: stopped && { version: stopped.version, reason: stopped.message },
    };
  }

  /** Answered by the deadline, monotonic ms, whatever the database does. */
  async execute(submission: Submission, deadlineMs: number): Promise<Outcome> {
    this.assertNotStopped();
    this.#use();
    return this.#oncePerKey.run(submission.key, async () => {
      const work = Work.single(submission, deadlineMs);
      const end = await this.#enqueue(work);
      if (end?.status === 'precondition-failed') return end;
      const [outcome] = await this.#complete(work);
      if (outcome === undefined) throw new TypeError('a command without an outcome');
      return outcome;
    });
  }

  async executeBatch(submission: BatchSubmission, deadlineMs: number): Promise<BatchOutcome> {
    this.assertNotStopped();
    this.#use();
    return this.#oncePerKey.run(submission.key, async () => {
      const work = Work.batch(submission, deadlineMs);
      if (work.entries.length === 0) return batchOutcome([], { version: this.head.version, cutOff: null });
      let cutOff: Error | null = null;
      try {
        const end = await this.#enqueue(work);
        if (end !== null) return end;
      } catch (fault) {
        if (work.outcomes.length === 0 || !(fault instanceof Error)) throw fault;
        cutOff = fault;
      }
      return batchOutcome(await this.#complete(work), { version: work.version, cutOff });
    });
  }

  /** Committed state, for use within this turn. */
  view(staleMs: number | null): LiveView {
    return {
      timeline: this.name,
      parent: this.record.parent,
      state: this.state,
      version: this.head.version,
      chainHash: this.head.hash,
      nowMs: this.#nowMs(),
      staleMs,
    };
  }

  /** Null once the state has reached a head confirmed after this call; with the database away, how old the knowledge is, ms. */
  async confirmed(): Promise<number | null> {
    this.assertNotStopped();
    this.#use();
    try {
      const isConfirmed = await byDeadline(this.#reachNextHead(), {
        withinMs: CONFIRMATION_WAIT_MS,
        late: () => new LogUnavailable('the head was not confirmed in time'),
      });
      return isConfirmed ? null : this.#confirmations.ageMs();
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      return this.#confirmations.ageMs();
    }
  }

  /** Resolves at the next advance of the state, at the latest after `withinMs`. */
  advanced(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#waiters.add(done);
    });
  }

  /** What it is, for whoever is about to ask the database for its head. */
  get asked(): Asked {
    return this.#loop.asked;
  }

  /** The database was seen to have a head; `whenAsked` is from before it was asked. */
  noticeHead(found: Head, whenAsked: Asked): void {
    this.#loop.notice(found, whenAsked);
  }

  /** Puts a state that was folded beside this one in its place, between two group commits. */
  replace(replacement: Replacement): void {
    this.#loop.replace(replacement);
  }

  /** What time alone makes due on a wall clock, as a command of the system; nothing when there is nothing to do. */
  tick(): void {
    if (!runsByItself(this.state) || this.#loop.stopped !== null) return;
    if (this.#draining || this.#loop.queued > 0) return;
    const nowMs = this.#nowMs();
    const decision = decide(this.state, { type: 'PayScheduledYield' }, { nowMs, limits: this.#options.limits });
    const paysYield = decision.kind === 'accepted' && decision.events.length > 0;
    if (!paysYield && decideExpired(this.state, { nowMs, limit: 1 }).length === 0) return;
    const submission = {
      command: { type: 'PayScheduledYield' },
      actor: SYSTEM_ACTOR,
      key: null,
      expectedVersion: null,
    } as const;
    // A tick that fails is tried again by the next one, here or in another process.
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.commandDeadlineMs;
    this.#enqueue(Work.single(submission, deadlineMs)).catch(() => undefined);
  }

  /** Takes no more work, and resolves when what was taken is done. */
  async drain(): Promise<void> {
    this.#draining = true;
    while (!this.#loop.isIdle) await this.advanced(50);
  }

  #use(): void {
    this.#usedAtMs = this.#options.clock.monotonicMs();
  }

  #nowMs(): number {
    return timelineTimeMs(this.state, this.#options.clock.nowMs());
  }

  async #enqueue(work: Work): Promise<Awaited<Work['finished']>> {
    this.assertNotStopped();
    if (this.#draining) throw new Draining('this process is stopping');
    this.#loop.add(work);
    return work.finished;
  }

  /** Throws `TimelineStopped` where the log cannot be read on. */
  assertNotStopped(): void {
    if (this.#loop.stopped !== null) throw this.#loop.stopped;
  }

  /** By now the work is committed: if its recorded events cannot be read, nobody may say that it had no effect. */
  async #complete(work: Work): Promise<readonly Outcome[]> {
    try {
      return await completeOutcomes(work.outcomes, (first, last) =>
        byDeadline(this.#readRange(first, last), {
          withinMs: work.deadlineMs - this.#options.clock.monotonicMs(),
          late: () => new LogUnavailable('the events were not read by the deadline'),
        }),
      );
    } catch (cause) {
      throw new OutcomeUnknown('what was recorded could not be read back', { cause });
    }
  }

  async #readRange(firstVersion: number, lastVersion: number): Promise<readonly RecordedEvent[]> {
    const page = await this.#options.log.readEvents({
      timelineId: this.record.timelineId,
      afterVersion: firstVersion - 1,
      toVersion: lastVersion,
      limit: lastVersion - firstVersion + 1,
    });
    return page.events;
  }

  async #reachNextHead(): Promise<boolean> {
    const { version } = await this.#confirmations.next();
    return this.#reach(version);
  }

  /** Waits until the state has taken in this version; false if the log could not be read that far. */
  async #reach(version: number): Promise<boolean> {
    while (this.#loop.mustReload || this.head.version < version) {
      if (this.#loop.isIdle && this.#loop.mustReload) return false;
      await this.advanced(1_000);
      this.assertNotStopped();
      if (!this.#loop.isBehind && this.head.version < version) return false;
    }
    return true;
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
