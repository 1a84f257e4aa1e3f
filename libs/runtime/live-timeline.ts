import { randomUUID } from 'node:crypto';
import { decide, decideExpired, type Limits, type State } from '#domain';
import {
  LogCorrupt,
  LogUnavailable,
  type AppendOutcome,
  type EventLog,
  type Head,
  type HeadLock,
  type KeyDigest,
  type RecordedEvent,
  type RecordedKey,
  type TimelineRecord,
} from '#event-log';
import type { DatabaseClock } from './clock.js';
import {
  DeadlineExceeded,
  Draining,
  Overloaded,
  TimelineStopped,
  type BatchOutcome,
  type BatchSubmission,
  type LiveTimelineStatus,
  type LiveView,
  type Outcome,
  type RequestKey,
  type Submission,
} from './contract.js';
import { Confirmations } from './confirmations.js';
import { foldTail } from './fold.js';
import { Group, SYSTEM_ACTOR, type BurntKeys } from './group.js';
import { RecentEvents } from './recent-events.js';
import { batchOutcome, completeOutcomes, restoredOutcome, Work, type StoredPart } from './work.js';

export interface LiveTimelineOptions {
  readonly log: EventLog;
  readonly clock: DatabaseClock;
  readonly writer: string;
  readonly commandsQueuedMax: number;
  readonly eventsPerCommitMax: number;
  readonly commandDeadlineMs: number;
  readonly limits: Limits;
  /** Folds the timeline anew from the log, after the log's history was taken back under it. */
  readonly reload: () => Promise<{ readonly state: State; readonly head: Head; readonly lastClientVersion: number }>;
  /** Told of every commit that the live state has taken in, whoever wrote it. */
  readonly onAdvance: (timeline: LiveTimeline) => void;
  readonly onRewound: (timeline: LiveTimeline, detail: string) => void;
  readonly onCommit: (group: { readonly commands: number; readonly events: number; readonly ms: number }) => void;
}

/** How many parts of a keyed batch are looked up at a time. */
const PARTS_PER_LOOKUP = 4;
/** After a lost append the head's lock is taken first for this many rounds: others are writing too. */
const LOCKED_ROUNDS_AFTER_LOSS = 8;

/**
 * One loaded timeline: its committed state, the queue of work in front of it and the loop that turns work into group
 * commits. The loop alone changes the state; whoever reads does so within a turn, at a confirmed head.
 */
export class LiveTimeline {
  readonly record: TimelineRecord;
  readonly recent = new RecentEvents();
  readonly #options: LiveTimelineOptions;
  readonly #confirmations: Confirmations;
  readonly #queue: Work[] = [];
  readonly #keysUnderWay = new Map<KeyDigest, Promise<unknown>>();
  readonly #advanceWaiters = new Set<() => void>();
  #state: State;
  #head: Head;
  #lastClientVersion: number;
  #queued = 0;
  #looping = false;
  /** The highest head that the database is known to have had; above ours: others wrote. */
  #knownVersion: number;
  #mustReload = false;
  #lockedRounds = 0;
  #stopped: Error | null = null;
  #draining = false;
  #commits = 0;
  #lostAppends = 0;
  #usedAtMs: number;

  constructor(
    record: TimelineRecord,
    loaded: { readonly state: State; readonly head: Head; readonly lastClientVersion: number },
    options: LiveTimelineOptions,
  ) {
    this.record = record;
    this.#options = options;
    this.#state = loaded.state;
    this.#head = loaded.head;
    this.#knownVersion = loaded.head.version;
    this.#lastClientVersion = loaded.lastClientVersion;
    this.#usedAtMs = options.clock.monotonicMs();
    this.#confirmations = new Confirmations(options.clock, () => this.#confirmHead());
  }

  get name(): string {
    return this.record.name;
  }
  get state(): State {
    return this.#state;
  }
  get head(): Head {
    return this.#head;
  }
  get usedAtMs(): number {
    return this.#usedAtMs;
  }
  get isIdle(): boolean {
    return !this.#looping && this.#queued === 0 && this.#advanceWaiters.size === 0;
  }

  status(snapshotVersion: number | null): LiveTimelineStatus {
    return {
      name: this.name,
      version: this.#head.version,
      chainHash: this.#head.hash,
      queued: this.#queued,
      commits: this.#commits,
      lostAppends: this.#lostAppends,
      snapshotVersion,
      stopped: this.#stopped?.message ?? null,
    };
  }

  async execute(submission: Submission): Promise<Outcome> {
    return this.#oncePerKey(submission.key, async () => {
      const work = Work.single(submission, this.#deadline());
      const end = await this.#enqueue(work);
      if (end?.status === 'precondition-failed') return end;
      const [outcome] = await this.#complete(work);
      if (outcome === undefined) throw new TypeError('a command without an outcome');
      return outcome;
    });
  }

  async executeBatch(submission: BatchSubmission): Promise<BatchOutcome> {
    return this.#oncePerKey(submission.key, async () => {
      const work = Work.batch(submission, this.#deadline());
      if (work.entries.length === 0) return batchOutcome([], { version: this.#head.version, cutOff: null });
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

  /** Runs `view` on the committed state once it has reached a head confirmed after this call, or on what is known if the database is away. */
  async read<T>(view: (live: LiveView) => T): Promise<T> {
    this.#usedAtMs = this.#options.clock.monotonicMs();
    const staleMs = await this.confirmed();
    return view(this.view(staleMs));
  }

  view(staleMs: number | null): LiveView {
    const { lifecycle } = this.#state;
    const isWall = lifecycle.status === 'active' && lifecycle.clock === 'wall';
    return {
      timeline: this.name,
      parent: this.record.parent?.name ?? null,
      state: this.#state,
      version: this.#head.version,
      chainHash: this.#head.hash,
      nowMs: isWall ? Math.max(this.#state.nowMs, this.#options.clock.nowMs()) : this.#state.nowMs,
      staleMs,
    };
  }

  /** Null once the state has reached a head confirmed after this call; with the database away, how old the knowledge is. */
  async confirmed(): Promise<number | null> {
    if (this.#stopped !== null) throw this.#stopped;
    try {
      const head = await this.#confirmations.next();
      return (await this.#reach(head.version)) ? null : this.#confirmations.ageMs();
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
        this.#advanceWaiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      timer.unref();
      this.#advanceWaiters.add(done);
    });
  }

  /** The database was seen to have this head: catch up if it is ahead. */
  noticeHead(head: Head): void {
    this.#notice(head, this.#head);
    if (this.#behind) this.#kick();
  }

  /** What time alone makes due on a wall clock, as commands of the system; nothing when there is nothing to do. */
  tick(): void {
    const { lifecycle } = this.#state;
    if (lifecycle.status !== 'active' || lifecycle.clock !== 'wall' || this.#stopped !== null || this.#draining) return;
    const nowMs = Math.max(this.#state.nowMs, this.#options.clock.nowMs());
    const decision = decide(this.#state, { type: 'PayScheduledYield' }, { nowMs, limits: this.#options.limits });
    const paysYield = decision.kind === 'accepted' && decision.events.length > 0;
    if (!paysYield && decideExpired(this.#state, { nowMs, limit: 1 }).length === 0) return;
    const usedAtMs = this.#usedAtMs;
    // A tick that fails is tried again by the next one, here or in another process.
    this.execute({ command: { type: 'PayScheduledYield' }, actor: SYSTEM_ACTOR, key: null, expectedVersion: null }).catch(() => undefined);
    this.#usedAtMs = usedAtMs;
  }

  /** Takes no more work, and resolves when the work taken is done. */
  async drain(): Promise<void> {
    this.#draining = true;
    while (!this.isIdle && (this.#looping || this.#queued > 0)) await this.advanced(50);
  }

  #deadline(): number {
    return this.#options.clock.monotonicMs() + this.#options.commandDeadlineMs;
  }

  /** A duplicate that is under way in this process waits for the first, then finds its key burnt, or is decided itself. */
  async #oncePerKey<T>(key: RequestKey | null, run: () => Promise<T>): Promise<T> {
    this.#usedAtMs = this.#options.clock.monotonicMs();
    if (key === null) return run();
    const digest = key.digest(0);
    for (;;) {
      const first = this.#keysUnderWay.get(digest);
      if (first === undefined) break;
      await first.catch(() => undefined);
    }
    const running = run();
    this.#keysUnderWay.set(digest, running);
    try {
      return await running;
    } finally {
      this.#keysUnderWay.delete(digest);
    }
  }

  #enqueue(work: Work): Work['finished'] {
    if (this.#stopped !== null) return Promise.reject(this.#stopped);
    if (this.#draining) return Promise.reject(new Draining('this process is stopping'));
    const { commandsQueuedMax } = this.#options;
    if (this.#queued + work.entries.length > commandsQueuedMax) {
      return Promise.reject(new Overloaded(`${this.#queued} commands are queued; ${commandsQueuedMax} is the limit`));
    }
    this.#queued += work.entries.length;
    this.#queue.push(work);
    this.#kick();
    const left = (): void => {
      this.#queued -= work.entries.length;
    };
    work.finished.then(left, left);
    return work.finished;
  }

  #complete(work: Work): Promise<readonly Outcome[]> {
    return completeOutcomes(work.outcomes, (firstVersion, lastVersion) => this.#readRange(firstVersion, lastVersion));
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

  get #behind(): boolean {
    return this.#mustReload || this.#knownVersion > this.#head.version;
  }

  #kick(): void {
    if (this.#looping) return;
    this.#looping = true;
    // The queue fills for the rest of this turn first: whatever arrives together is committed together.
    setImmediate(() => {
      void this.#loop();
    });
  }

  async #loop(): Promise<void> {
    while (this.#stopped === null && (this.#queue.length > 0 || this.#behind)) {
      try {
        await this.#round();
      } catch (error) {
        this.#failRound(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#looping = false;
    this.#wake();
    if (this.#stopped === null && (this.#queue.length > 0 || this.#behind)) this.#kick();
  }

  /** A fault of the round is every waiting work's: each may be sent again. A corrupt or unreadable log stops the timeline. */
  #failRound(fault: Error): void {
    if (fault instanceof LogCorrupt || fault instanceof TimelineStopped || fault.name === 'InvariantViolation') {
      this.#stopped =
        fault instanceof TimelineStopped
          ? fault
          : new TimelineStopped(`timeline ${this.name} cannot be read on from version ${this.#head.version}: ${fault.message}`, { cause: fault });
    }
    // Without a confirmed head nothing waits in vain: what is known of it is asked again by the next round.
    this.#knownVersion = this.#head.version;
    for (const work of this.#queue.splice(0)) work.fail(this.#stopped ?? fault);
    this.#wake();
  }

  /** One group: catch up if others wrote, decide what is queued, append it, settle. */
  async #round(): Promise<void> {
    this.#dropExpired();
    if (this.#behind) await this.#catchUp();
    if (this.#queue.length === 0) return;
    const works = this.#nextWorks();
    const keys = await this.#lookUpKeys(works);
    if (this.#behind) return;
    this.#options.clock.assertAgrees();
    if (this.#lockedRounds > 0) await this.#roundUnderLock(works, keys.burnt);
    else await this.#freeRound(works, keys);
    this.#dropFinished();
  }

  /** What this round may decide. Whatever arrives later waits: its keys were not looked up, its head not confirmed. */
  #nextWorks(): readonly Work[] {
    const works: Work[] = [];
    let entries = 0;
    for (const work of this.#queue) {
      if (entries >= this.#options.eventsPerCommitMax) break;
      works.push(work);
      entries += work.remaining;
    }
    return works;
  }

  async #freeRound(works: readonly Work[], { burnt, confirmed }: LookedUpKeys): Promise<void> {
    if (await this.#appendDue((group) => this.#append(group))) return;
    const group = this.#decideGroup(works, burnt);
    if (!group.writesNothing) await this.#append(group);
    else if (confirmed) this.#settle(group);
    else await this.#settleAtConfirmedHead(group);
  }

  /** After a loss: the head's lock first, so that large work is never starved by small. */
  async #roundUnderLock(works: readonly Work[], burnt: BurntKeys): Promise<void> {
    this.#lockedRounds -= 1;
    let lock: HeadLock | null = await this.#options.log.lockHead(this.record.timelineId);
    try {
      this.#options.clock.observe(lock.databaseTimeMs);
      this.#notice(lock.head, this.#head);
      if (this.#behind) await this.#catchUp();
      const held = lock;
      const appendHeld = (group: Group): Promise<boolean> => {
        lock = null;
        return this.#append(group, (request) => held.append(request));
      };
      if (await this.#appendDue(appendHeld)) return;
      const group = this.#decideGroup(works, burnt);
      if (group.writesNothing) this.#settle(group);
      else await appendHeld(group);
    } finally {
      await lock?.release();
    }
  }

  /** What fell due before the next command is decided, as the system's own commit. True if there was anything. */
  async #appendDue(append: (group: Group) => Promise<boolean>): Promise<boolean> {
    const { lifecycle } = this.#state;
    if (lifecycle.status !== 'active' || lifecycle.clock !== 'wall') return false;
    const nowMs = Math.max(this.#state.nowMs, this.#options.clock.nowMs());
    const due = decideExpired(this.#state, { nowMs, limit: this.#options.eventsPerCommitMax });
    if (due.length === 0) return false;
    const group = this.#newGroup(new Map());
    group.addSystemEvents(due, randomUUID());
    await append(group);
    return true;
  }

  #newGroup(burnt: BurntKeys): Group {
    return new Group({
      state: this.#state,
      version: this.#head.version,
      lastClientVersion: this.#lastClientVersion,
      wallNowMs: this.#options.clock.nowMs(),
      burnt,
      limits: { eventsPerCommitMax: this.#options.eventsPerCommitMax, domain: this.#options.limits },
    });
  }

  #decideGroup(works: readonly Work[], burnt: BurntKeys): Group {
    const group = this.#newGroup(burnt);
    for (const work of works) {
      if (group.isFull) break;
      if (!work.isOver) group.add(work);
    }
    return group;
  }

  /** A refusal, a read-only reply and an empty decision hold only at a head that was confirmed after the request arrived. */
  async #settleAtConfirmedHead(group: Group): Promise<void> {
    const head = await this.#confirmHead();
    if (head.version !== this.#head.version || this.#mustReload) return;
    this.#settle(group);
  }

  /** Appends a group and takes it in; false if it was lost, and then nothing was touched. */
  async #append(
    group: Group,
    append: EventLog['append'] = (request) => this.#options.log.append(request),
  ): Promise<boolean> {
    const { clock, writer } = this.#options;
    const startMs = clock.monotonicMs();
    const outcome = await append({
      timelineId: this.record.timelineId,
      expected: this.#head,
      events: group.events,
      keys: group.keys,
      recordedAtMs: clock.nowMs(),
      writer,
    }).catch((error: unknown) => {
      // If it took effect after all, our next append names an old head, loses, and catches up.
      this.#failWorks(group, error instanceof Error ? error : new Error(String(error)));
      return null;
    });
    if (outcome === null) return false;
    return this.#take(group, outcome, clock.monotonicMs() - startMs);
  }

  #take(group: Group, outcome: AppendOutcome, ms: number): boolean {
    switch (outcome.status) {
      case 'lost':
        this.#lostAppends += 1;
        this.#lockedRounds = LOCKED_ROUNDS_AFTER_LOSS;
        return false;
      case 'key-taken':
        return false;
      case 'appended':
        this.#options.clock.observe(outcome.databaseTimeMs);
        this.#confirmations.observe();
        this.#state.absorb(group.overlay);
        this.#lastClientVersion = group.lastClientVersion;
        this.#commits += 1;
        this.#options.onCommit({ commands: group.works().length, events: group.events.length, ms });
        this.#advanceTo(outcome.head, group.recordedEvents());
        this.#settle(group);
        return true;
    }
  }

  #failWorks(group: Group, fault: Error): void {
    for (const work of group.works()) work.fail(fault);
    this.#dropFinished();
  }

  #settle(group: Group): void {
    group.settle();
    this.#dropFinished();
  }

  #dropFinished(): void {
    for (let i = this.#queue.length - 1; i >= 0; i -= 1) {
      if (this.#queue[i]?.isOver === true) this.#queue.splice(i, 1);
    }
  }

  #dropExpired(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const work of this.#queue) {
      if (work.deadlineMs < nowMs) work.fail(new DeadlineExceeded('the command was not reached before its deadline'));
    }
    this.#dropFinished();
  }

  /** Which keys of the works are burnt: one read for all of them, which confirms the head as well. */
  async #lookUpKeys(works: readonly Work[]): Promise<LookedUpKeys> {
    const burnt = new Map<string, RecordedKey>();
    let confirmed = false;
    for (;;) {
      const digests = this.#digestsWanted(works).filter((digest) => !burnt.has(digest));
      if (digests.length === 0) return { burnt, confirmed };
      const sent = this.#head;
      const confirmation = await this.#options.log.confirm(this.record.timelineId, digests);
      this.#options.clock.observe(confirmation.databaseTimeMs);
      this.#notice(confirmation.head, sent);
      confirmed = true;
      for (const key of confirmation.keys) burnt.set(key.digest, key);
      const unfinished = works.filter((work) => work.batchKey !== null && this.#restore(work, burnt));
      this.#dropFinished();
      if (unfinished.length === 0) return { burnt, confirmed };
    }
  }

  #digestsWanted(works: readonly Work[]): readonly KeyDigest[] {
    const digests: KeyDigest[] = [];
    for (const { isOver, batchKey, parts, entries, next } of works) {
      if (isOver) continue;
      if (batchKey !== null) {
        for (let part = parts; part < parts + PARTS_PER_LOOKUP; part += 1) digests.push(batchKey.digest(part));
        continue;
      }
      for (const { key } of entries.slice(next, next + this.#options.eventsPerCommitMax)) {
        if (key !== null) digests.push(key.digest(0));
      }
    }
    return digests;
  }

  /** Takes over what is recorded of a keyed batch; true if all the parts asked for were there and more may be. */
  #restore(work: Work, burnt: BurntKeys): boolean {
    const { batchKey } = work;
    for (let looked = 0; looked < PARTS_PER_LOOKUP && !work.isOver; looked += 1) {
      const recorded = batchKey === null ? undefined : burnt.get(batchKey.digest(work.parts));
      if (recorded === undefined || batchKey === null) return false;
      if (recorded.requestHash !== batchKey.requestHash) {
        work.end({ status: 'key-reused' });
        return false;
      }
      const part = JSON.parse(recorded.reply ?? 'null') as StoredPart;
      work.parts += 1;
      if ('refusedIndex' in part) {
        work.end({ status: 'refused', index: part.refusedIndex, refusal: { kind: 'refused', ...part.refusal } });
      } else {
        work.settle(part.outcomes.map(restoredOutcome), part.version);
      }
    }
    return !work.isOver;
  }

  async #confirmHead(): Promise<Head> {
    const sent = this.#head;
    const confirmation = await this.#options.log.confirm(this.record.timelineId, []);
    this.#options.clock.observe(confirmation.databaseTimeMs);
    this.#notice(confirmation.head, sent);
    return confirmation.head;
  }

  /** Compares a head of the database with the one we had when it was asked: ahead, others wrote; behind or other, history was taken back. */
  #notice(found: Head, whenAsked: Head): void {
    if (found.version > this.#knownVersion) this.#knownVersion = found.version;
    const rewound = found.version < whenAsked.version || (found.version === whenAsked.version && found.hash !== whenAsked.hash);
    if (!rewound || this.#mustReload) return;
    this.#mustReload = true;
    this.#options.onRewound(this, `the log is at ${found.version}, the live state was at ${whenAsked.version}`);
  }

  async #catchUp(): Promise<void> {
    if (this.#mustReload) {
      await this.#reloadAll();
      return;
    }
    const { log } = this.#options;
    const { timelineId } = this.record;
    try {
      await foldTail(log, { timelineId, state: this.#state, head: this.#head }, ({ events }, head) => {
        this.#noteClientEvents(events);
        this.#advanceTo(head, events);
      });
      this.#knownVersion = this.#head.version;
    } catch (error) {
      if (!(error instanceof LogCorrupt)) throw error;
      // The tail does not continue our own head: either history was taken back, or it is really broken.
      const commit = await log.findCommit(timelineId, this.#head.version);
      if (commit?.hash === this.#head.hash) throw error;
      this.#options.onRewound(this, error.message);
      await this.#reloadAll();
    }
  }

  async #reloadAll(): Promise<void> {
    const loaded = await this.#options.reload();
    this.#mustReload = false;
    this.#state = loaded.state;
    this.#head = loaded.head;
    this.#knownVersion = loaded.head.version;
    this.#lastClientVersion = loaded.lastClientVersion;
    this.recent.clear();
    this.#wake();
    this.#options.onAdvance(this);
  }

  #noteClientEvents(events: readonly RecordedEvent[]): void {
    for (const { actor, version } of events) if (actor !== SYSTEM_ACTOR) this.#lastClientVersion = version;
  }

  #advanceTo(head: Head, events: readonly RecordedEvent[]): void {
    this.#head = head;
    if (this.#knownVersion < head.version) this.#knownVersion = head.version;
    this.recent.add(events);
    this.#wake();
    this.#options.onAdvance(this);
  }

  #wake(): void {
    for (const waiter of [...this.#advanceWaiters]) waiter();
  }

  /** Waits until the state has taken in this version; false if the log could not be read that far. */
  async #reach(version: number): Promise<boolean> {
    while (this.#mustReload || this.#head.version < version) {
      this.#kick();
      await this.advanced(1_000);
      if (this.#stopped !== null) throw this.#stopped;
      if (!this.#behind && this.#head.version < version) return false;
    }
    return true;
  }
}

interface LookedUpKeys {
  readonly burnt: BurntKeys;
  /** Whether the head was confirmed on the way, after all of these works had arrived. */
  readonly confirmed: boolean;
}
