import { randomUUID } from 'node:crypto';
import { decideExpired, runsByItself, timelineTimeMs, type State } from '#domain';
import {
  LogCorrupt,
  NotStorable,
  type AppendOutcome,
  type Confirmation,
  type EventLog,
  type Head,
  type HeadLock,
  type KeyDigest,
  type RecordedEvent,
  type TimelineRecord,
} from '#event-log';
import type { Asked, CommitLoopOptions, LoadedState, Replacement } from './commit-loop-options.js';
import { MemoryShort, type TimelineStopped } from './contract.js';
import { foldTail } from './fold.js';
import { Group, lastClientVersion, type BurntKeys, type GroupBase } from './group.js';
import { GroupSize } from './group-size.js';
import { lookUpKeys, type LookedUpKeys } from './key-lookup.js';
import type { Allotment } from './memory-budget.js';
import { RecentEvents } from './recent-events.js';
import { reaches } from './replacing.js';
import { stopOf } from './stopping.js';
import { WorkQueue } from './work-queue.js';
import type { Work } from './work.js';

/** After a lost append the head's lock is taken first for so many rounds: others are writing too. */
const LOCKED_ROUNDS_AFTER_LOSS = 8;

/**
 * The loop that turns queued work into group commits, and the only place where a timeline's live state changes: a group is
 * decided and evolved on an overlay, appended against the head it was decided on, and absorbed only when the log has it.
 * While one append is under way the next group gathers.
 */
export class CommitLoop {
  readonly recent: RecentEvents;
  /** Since it was loaded. */
  readonly counts = { commits: 0, lostAppends: 0 };
  readonly #record: TimelineRecord;
  readonly #options: CommitLoopOptions;
  readonly #queue: WorkQueue;
  readonly #groupSize: GroupSize;
  #state: State;
  #memory: Allotment;
  #head: Head;
  #lastClientVersion: number;
  #running = false;
  /** The highest version that the database is known to have; above our head, others wrote. */
  #knownVersion: number;
  #mustReload = false;
  #rebuilds: number;
  #replacement: Replacement | null = null;
  #lockedRounds = 0;
  #stopped: TimelineStopped | null = null;
  #reloads = 0;

  constructor(record: TimelineRecord, loaded: LoadedState, options: CommitLoopOptions) {
    this.#record = record;
    this.#options = options;
    this.recent = new RecentEvents(options.growth.rowBytesMax);
    this.#queue = new WorkQueue({
      commandsQueuedMax: options.commandsQueuedMax,
      entriesPerRoundMax: options.eventsPerCommitMax,
      monotonicMs: () => options.clock.monotonicMs(),
      memory: options.queueMemory,
    });
    this.#groupSize = new GroupSize(options.eventsPerCommitMax);
    this.#state = loaded.state;
    this.#memory = loaded.memory;
    this.#head = loaded.head;
    this.#knownVersion = loaded.head.version;
    this.#lastClientVersion = loaded.lastClientVersion;
    this.#rebuilds = loaded.rebuilds;
  }

  get memory(): Allotment {
    return this.#memory;
  }
  get state(): State {
    return this.#state;
  }
  get head(): Head {
    return this.#head;
  }
  get asked(): Asked {
    return { head: this.#head, reloads: this.#reloads };
  }
  /** How often the timeline had been rebuilt when its state was folded. */
  get rebuilds(): number {
    return this.#rebuilds;
  }
  get queued(): number {
    return this.#queue.commands;
  }
  /** Why it takes no more work: its log cannot be read on. */
  get stopped(): TimelineStopped | null {
    return this.#stopped;
  }
  get isIdle(): boolean {
    return !this.#running && this.#queue.isEmpty;
  }
  get mustReload(): boolean {
    return this.#mustReload;
  }
  /** Whether the log is known to have more, or another history, than the live state. */
  get isBehind(): boolean {
    return this.#mustReload || this.#knownVersion > this.#head.version;
  }

  /** Throws `Overloaded` when the queue is full. */
  add(work: Work): void {
    this.#queue.add(work);
    this.#start();
  }

  /** Puts a state in the place of the live one between two rounds, once it has been folded up to the head. */
  replace(replacement: Replacement): void {
    this.#replacement?.settle(undefined);
    this.#replacement = replacement;
    if (replacement.head.version > this.#knownVersion) this.#knownVersion = replacement.head.version;
    if (this.#stopped === null) this.#start();
    else this.#dropReplacement();
  }

  /** The head as the database has it now; the loop catches up if it is not ours. */
  async confirmHead(): Promise<Head> {
    return (await this.#confirm([])).head;
  }

  /**
   * Compares a head of the database with the one we had when it was asked. Ahead: others wrote. Behind, or another hash at
   * the same version: history was taken back, by a failover or a restore. An answer to a question from before a reload is none of it.
   */
  notice(found: Head, { head, reloads }: Asked): void {
    if (found.version > this.#knownVersion) this.#knownVersion = found.version;
    const isOther = found.version < head.version || (found.version === head.version && found.hash !== head.hash);
    if (isOther && reloads === this.#reloads && !this.#mustReload) {
      this.#mustReload = true;
      this.#options.onRewound(`the log is at ${found.version}, the live state was at ${head.version}`);
    }
    if (this.isBehind) this.#start();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // The rest of this turn fills the queue first: what arrives together is committed together.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#stopped === null && (!this.#queue.isEmpty || this.isBehind || this.#replacement !== null)) {
      try {
        await this.#round();
      } catch (error) {
        this.#failRound(error instanceof Error ? error : new Error(String(error)));
        // Whoever comes next starts it again; a database that is sick is not asked in a circle.
        break;
      }
    }
    this.#running = false;
    this.#options.onIdle?.();
  }

  /** A fault of the round is a fault of all who wait: each may be sent again. A log that cannot be read stops the timeline. */
  #failRound(fault: Error): void {
    this.#options.onCommitFault(fault);
    const where = { timeline: this.#record.name, nextVersion: this.#head.version + 1 };
    this.#stopped = stopOf(fault, where) ?? null;
    if (this.#stopped !== null) this.#options.onStopped(this.#stopped);
    if (fault instanceof MemoryShort) this.#options.onMemoryShort();
    // The next round asks anew what the database has; until then nobody waits for it in vain.
    this.#knownVersion = this.#head.version;
    this.#queue.failAll(this.#stopped ?? fault);
    this.#dropReplacement();
    this.#options.onIdle?.();
  }

  /** One group: catch up if others wrote, decide what is queued, append it, settle. */
  async #round(): Promise<void> {
    this.#queue.dropExpired();
    if (this.isBehind) await this.#catchUp();
    if (this.#replacement !== null) await this.#takeReplacement(this.#replacement);
    if (this.#queue.isEmpty) return;
    const works = this.#queue.next();
    const keys = await this.#lookUpKeys(works);
    if (this.isBehind) return;
    const { clock, log } = this.#options;
    // One late answer looks like a wrong clock: before work is refused for it, the clock is read anew.
    if (clock.disagrees) clock.observe(await log.databaseTimeMs());
    clock.assertAgrees();
    if (this.#lockedRounds > 0) await this.#roundUnderLock(works, keys);
    else await this.#freeRound(works, keys);
  }

  async #lookUpKeys(works: readonly Work[]): Promise<LookedUpKeys> {
    const confirm = (digests: readonly KeyDigest[]): Promise<Confirmation> => this.#confirm(digests);
    const keys = await lookUpKeys(works, { entriesPerRoundMax: this.#options.eventsPerCommitMax, confirm });
    this.#queue.dropFinished();
    return keys;
  }

  async #freeRound(works: readonly Work[], { burnt, confirmed }: LookedUpKeys): Promise<void> {
    const append: EventLog['append'] = (request) => this.#options.log.append(request);
    if (await this.#appendDue(append)) return;
    const group = Group.of(this.#groupBase(burnt), works);
    if (!group.writesNothing) await this.#append(group, append);
    else if (confirmed || (await this.#headStands())) this.#settle(group);
  }

  /** After a loss: the head's lock first, so that large work is never starved by small. */
  async #roundUnderLock(works: readonly Work[], keys: LookedUpKeys): Promise<void> {
    this.#lockedRounds -= 1;
    const lock = await this.#options.log.lockHead(this.#record.timelineId);
    let held: HeadLock | null = lock;
    const append: EventLog['append'] = (request) => {
      held = null;
      return lock.append(request);
    };
    try {
      this.#options.clock.observe(lock.databaseTimeMs);
      this.notice(lock.head, this.asked);
      let { burnt } = keys;
      if (this.isBehind) {
        await this.#catchUp();
        // What moved the head may have burnt a key of ours after it was looked up.
        ({ burnt } = await this.#lookUpKeys(works));
      }
      if (await this.#appendDue(append)) return;
      const group = Group.of(this.#groupBase(burnt), works);
      if (group.writesNothing) this.#settle(group);
      else await this.#append(group, append);
    } finally {
      await (held as HeadLock | null)?.release();
    }
  }

  /** What fell due before the next command is decided, as the system's own commit. True if there was anything. */
  async #appendDue(append: EventLog['append']): Promise<boolean> {
    if (!runsByItself(this.#state)) return false;
    const nowMs = timelineTimeMs(this.#state, this.#options.clock.nowMs());
    const due = decideExpired(this.#state, { nowMs, limit: this.#options.eventsPerCommitMax });
    if (due.length === 0) return false;
    const group = new Group(this.#groupBase(new Map()));
    group.addSystemEvents(due, randomUUID());
    await this.#append(group, append);
    return true;
  }

  #groupBase(burnt: BurntKeys): GroupBase {
    const { clock, limits, growth } = this.#options;
    return {
      state: this.#state,
      version: this.#head.version,
      lastClientVersion: this.#lastClientVersion,
      databaseMs: clock.nowMs(),
      burnt,
      limits: { eventsPerCommitMax: this.#groupSize.entriesMax, domain: limits, growth },
    };
  }

  /** A refusal or an empty decision holds only at a head that was confirmed after its request arrived. */
  async #headStands(): Promise<boolean> {
    const before = this.#head;
    const { version, hash } = await this.confirmHead();
    return version === before.version && hash === before.hash;
  }

  /** Appends a group and takes it in. If it was lost or failed, nothing was touched. */
  async #append(group: Group, append: EventLog['append']): Promise<void> {
    const { clock, writer } = this.#options;
    const startMs = clock.monotonicMs();
    let outcome: AppendOutcome;
    try {
      const { events, keys } = group;
      const request = { timelineId: this.#record.timelineId, expected: this.#head, events, keys, writer };
      outcome = await group.whileAppending(() => append({ ...request, recordedAtMs: clock.nowMs() }));
    } catch (error) {
      this.#options.onCommitFault(error);
      // What nobody waits for (what fell due) fails the round, or it would be tried again and again.
      if (group.works().length === 0) throw error;
      if (error instanceof NotStorable) this.#groupSize.separate(group, error);
      // Should it have taken effect after all, our next append names an old head, loses, and catches up.
      else for (const work of group.works()) work.fail(error instanceof Error ? error : new Error(String(error)));
      this.#queue.dropFinished();
      return;
    }
    if (outcome.status === 'lost') {
      this.counts.lostAppends += 1;
      this.#lockedRounds = LOCKED_ROUNDS_AFTER_LOSS;
    }
    if (outcome.status !== 'appended') return;
    this.#groupSize.grow();
    clock.observe(outcome.databaseTimeMs);
    this.#options.onCommit({
      commands: group.works().length,
      events: group.events.length,
      ms: clock.monotonicMs() - startMs,
    });
    this.#takeIn(group, outcome.head);
  }

  #takeIn(group: Group, head: Head): void {
    this.#state.absorb(group.overlay);
    this.#lastClientVersion = group.lastClientVersion;
    this.counts.commits += 1;
    this.#advanceTo(head, group.recordedEvents());
    this.#settle(group);
  }

  #settle(group: Group): void {
    group.settle();
    this.#queue.dropFinished();
  }

  async #confirm(digests: readonly KeyDigest[]): Promise<Confirmation> {
    const whenAsked = this.asked;
    const confirmation = await this.#options.log.confirm(this.#record.timelineId, digests);
    this.#options.clock.observe(confirmation.databaseTimeMs);
    this.notice(confirmation.head, whenAsked);
    return confirmation;
  }

  async #catchUp(): Promise<void> {
    if (this.#mustReload) {
      await this.#reload();
      return;
    }
    const [{ log }, { timelineId }, known] = [this.#options, this.#record, this.#knownVersion];
    try {
      const own = { timelineId, state: this.#state, head: this.#head, live: true, memory: this.#memory };
      await foldTail(log, own, ({ events }, head) => {
        this.#lastClientVersion = lastClientVersion(events) ?? this.#lastClientVersion;
        this.#advanceTo(head, events);
      });
      // What was seen while the log was read is still ahead; what was known before may have been taken back.
      if (this.#knownVersion === known) this.#knownVersion = this.#head.version;
    } catch (error) {
      if (!(error instanceof LogCorrupt)) throw error;
      // The tail does not continue our head: history was taken back, unless the log still has our own commit.
      const commit = await log.findCommit(timelineId, this.#head.version);
      if (commit?.hash === this.#head.hash) throw error;
      this.#options.onRewound(error.message);
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    const loaded = await this.#options.reload();
    this.#mustReload = false;
    this.#reloads += 1;
    this.#memory.release();
    this.#memory = loaded.memory;
    this.#state = loaded.state;
    this.#head = loaded.head;
    this.#knownVersion = loaded.head.version;
    this.#lastClientVersion = loaded.lastClientVersion;
    this.#rebuilds = loaded.rebuilds;
    this.recent.clear();
    this.#options.onAdvance();
  }

  /** All of it but the events of the last moment was folded beside the commands, which wait for those here. */
  async #takeReplacement(replacement: Replacement): Promise<void> {
    this.#replacement = null;
    const { timelineId } = this.#record;
    const [before, memoryBefore] = [this.#state, this.#memory];
    let fits = false;
    try {
      fits = (await reaches(this.#options.log, { ...replacement, timelineId }, this.#head)) && !this.#mustReload;
      if (fits) {
        ({ state: this.#state, rebuilds: this.#rebuilds, memory: this.#memory } = replacement);
        this.#takeMemory();
      }
    } finally {
      replacement.settle(fits ? { state: before, memory: memoryBefore } : undefined);
    }
  }

  #dropReplacement(): void {
    this.#replacement?.settle(undefined);
    this.#replacement = null;
  }

  #advanceTo(head: Head, events: readonly RecordedEvent[]): void {
    this.#head = head;
    if (this.#knownVersion < head.version) this.#knownVersion = head.version;
    this.recent.add(events);
    this.#takeMemory();
    this.#options.onAdvance();
  }

  /** What is taken in already is not refused any more: what comes next is. */
  #takeMemory(): void {
    this.#memory.set(this.#state.bytes + this.recent.bytes);
  }
}
