import {
  decide,
  EVENT_SHAPES,
  evolve,
  refuse,
  timelineTimeMs,
  type Decided,
  type Decision,
  type Limits,
  type Refusal,
  type State,
} from '#domain';
import type { ProposedEvent, ProposedKey, RecordedEvent, RecordedKey } from '#event-log';
import { CommandFault, isSameRequest, type MemoryShort, type RequestKey } from './contract.js';
import { storedOutcome, type EarlyEnd, type Entry, type SettledOutcome, type StoredPart, type Work } from './work.js';

/** The burnt ones among the keys of a group, by digest. */
export type BurntKeys = ReadonlyMap<string, RecordedKey>;

/** How far a state may grow by what clients order. */
export interface GrowthLimits {
  /** Of the rows of one timeline's state. */
  readonly rowBytesMax: number;
  /** Why the process has no memory for so much more, if it has none. */
  readonly shortOf: (moreBytes: number) => MemoryShort | undefined;
}

interface GroupLimits {
  readonly eventsPerCommitMax: number;
  readonly domain: Limits;
  readonly growth: GrowthLimits;
}

/** What keeps a command from having an effect; the commands beside it go on. */
type CommandProblem = CommandFault | MemoryShort;

/** Where a group starts: the committed head, and what decisions may know. */
export interface GroupBase {
  readonly state: State;
  readonly version: number;
  /** Version of the last event that a client caused; `If-Match` counts no others. */
  readonly lastClientVersion: number;
  /** What the database's clock shows. */
  readonly databaseMs: number;
  readonly burnt: BurntKeys;
  readonly limits: GroupLimits;
}

/** What became of a work's entries in this group, to be settled once the group is committed. */
interface Draft {
  readonly work: Work;
  readonly outcomes: readonly SettledOutcome[];
  readonly version: number;
  readonly end: EarlyEnd | null;
  readonly fault: Error | null;
}

/** Documents can be large: no further command once the data is this long. Writers and readers hold several copies of it. */
const DATA_PER_COMMIT_MAX = 4 * 1_048_576;

/** What the economy would accept and the database cannot hold. */
const NOT_STORABLE = refuse('not-storable', 'The database cannot store what the command says; it had no effect.');

export const SYSTEM_ACTOR = 'system';

export const lastClientVersion = (events: readonly RecordedEvent[]): number | undefined =>
  events.findLast(({ actor }) => actor !== SYSTEM_ACTOR)?.version;

/** Why a timeline takes no more rows. */
export const timelineFull = (rowBytesMax: number): Refusal =>
  refuse('timeline-full', `what the timeline holds would take more than ${rowBytesMax} bytes of memory`);

/**
 * One group commit in the making: commands decided in order on an overlay of the committed state, assertions included.
 * If its append is lost or fails the whole of it is dropped, and nothing was touched.
 */
export class Group {
  readonly overlay: State;
  readonly events: ProposedEvent[] = [];
  readonly #keys = new Map<string, ProposedKey>();
  readonly #base: GroupBase;
  readonly #drafts: Draft[] = [];
  #version: number;
  #lastClientVersion: number;
  #entries = 0;
  /** Of all events' data, in UTF-16 code units. */
  #dataLength = 0;

  constructor(base: GroupBase) {
    this.#base = base;
    this.overlay = base.state.overlay();
    this.#version = base.version;
    this.#lastClientVersion = base.lastClientVersion;
  }

  /** The works' entries, as many as there is room for. */
  static of(base: GroupBase, works: readonly Work[]): Group {
    const group = new Group(base);
    for (const work of works) {
      if (group.isFull) break;
      if (!work.isOver) group.add(work);
    }
    return group;
  }

  get keys(): readonly ProposedKey[] {
    return [...this.#keys.values()];
  }

  get version(): number {
    return this.#version;
  }

  get lastClientVersion(): number {
    return this.#lastClientVersion;
  }

  /** Both counts are bounded: refusals cost time too, and keys were looked up for so many entries only. */
  get isFull(): boolean {
    const { eventsPerCommitMax } = this.#base.limits;
    if (this.events.length >= eventsPerCommitMax || this.#entries >= eventsPerCommitMax) return true;
    return this.#dataLength >= DATA_PER_COMMIT_MAX;
  }

  get writesNothing(): boolean {
    return this.events.length === 0 && this.#keys.size === 0;
  }

  /** The events of this group as they will be recorded. */
  recordedEvents(): readonly RecordedEvent[] {
    return this.events.map((event, i) => ({ ...event, version: this.#base.version + 1 + i }));
  }

  /** Decides a work's entries, as many as there is room for. */
  add(work: Work): void {
    if (work.isUntouched && !this.#matches(work)) {
      this.#drafts.push(draftOf(work, { end: { status: 'precondition-failed', version: this.#version } }));
      return;
    }
    if (work.atomic) this.#addAtomic(work);
    else this.#addEach(work);
  }

  /** System events that fall due: their own commit, whatever becomes of the commands behind them. */
  addSystemEvents(events: readonly Decided[], commandId: string): void {
    this.#apply(this.overlay, events, { commandId, actor: SYSTEM_ACTOR });
  }

  /** Nobody may say of a work that it never takes effect while it is on its way. */
  async whileAppending<T>(append: () => Promise<T>): Promise<T> {
    for (const { work } of this.#drafts) work.isBeingAppended = true;
    try {
      return await append();
    } finally {
      for (const { work } of this.#drafts) work.isBeingAppended = false;
    }
  }

  /** After the commit: every work gets its outcomes. */
  settle(): void {
    for (const { work, outcomes, version, end, fault } of this.#drafts) {
      if (fault !== null) work.fail(fault);
      else if (end !== null) work.end(end);
      else work.settle(outcomes, version);
      if (work.batchKey !== null) work.parts += 1;
    }
  }

  /** Into how many appends it could be split: entries decided, where an atomic batch is one. */
  get separable(): number {
    return this.#drafts.reduce((sum, { work, outcomes, end }) => {
      if (work.atomic) return sum + (outcomes.length > 0 || end?.status === 'refused' ? 1 : 0);
      return sum + outcomes.length;
    }, 0);
  }

  /** The only entry, or atomic batch, was refused by the database: it is to be refused here. */
  refuseAsNotStorable(fault: Error): void {
    const draft = this.#drafts.find(({ outcomes, end }) => outcomes.length > 0 || end?.status === 'refused');
    const entry = draft?.work.entries[draft.work.next];
    if (draft === undefined || entry === undefined)
      throw new TypeError('a group that writes nothing was refused', { cause: fault });
    // Which entry of an atomic batch it is was not found out, and need not be: all of it has no effect.
    if (draft.work.atomic || entry.isNotStorable === true) draft.work.fail(fault);
    else entry.isNotStorable = true;
  }

  /** The works with entries in this group. */
  works(): readonly Work[] {
    return this.#drafts.map(({ work }) => work);
  }

  /** A key goes before a precondition: what was done already is answered, though it moved the timeline itself. */
  #matches({ expectedVersion, entries }: Work): boolean {
    if (expectedVersion === null) return true;
    if (entries.some(({ key }) => key !== null && this.#findBurnt(key) !== undefined)) return true;
    return expectedVersion <= this.#version && expectedVersion >= this.#lastClientVersion;
  }

  #addEach(work: Work): void {
    const outcomes: SettledOutcome[] = [];
    const versionBefore = this.#version;
    for (const entry of work.entries.slice(work.next)) {
      if (outcomes.length > 0 && this.isFull) break;
      const outcome = this.#decideEntry(entry, work.actor);
      if (outcome instanceof Error) {
        // A batch stops at the entry that faulted; what was decided before it stands.
        if (outcomes.length === 0) this.#drafts.push(draftOf(work, { fault: outcome }));
        break;
      }
      outcomes.push(outcome);
    }
    if (outcomes.length === 0) return;
    if (work.batchKey !== null) {
      const stored = outcomes.map(storedOutcome);
      this.#burn(work.batchKey, {
        part: work.parts,
        versionBefore,
        reply: { outcomes: stored, version: this.#version },
      });
    }
    this.#drafts.push(draftOf(work, { outcomes, version: this.#version }));
  }

  #addAtomic(work: Work): void {
    const versionBefore = this.#version;
    const clientVersionBefore = this.#lastClientVersion;
    const eventsBefore = this.events.length;
    const keysBefore = this.#keys.size;
    const overlay = this.overlay.overlay();
    const outcomes: SettledOutcome[] = [];
    const undo = (): void => {
      this.events.length = eventsBefore;
      for (const digest of [...this.#keys.keys()].slice(keysBefore)) this.#keys.delete(digest);
      this.#version = versionBefore;
      this.#lastClientVersion = clientVersionBefore;
    };
    for (const [index, entry] of work.entries.entries()) {
      const outcome = this.#decideEntry(entry, work.actor, overlay);
      if (outcome instanceof Error) {
        undo();
        this.#drafts.push(draftOf(work, { fault: outcome }));
        return;
      }
      if (outcome.status === 'refused' || outcome.status === 'key-reused') {
        undo();
        this.#refuseAtomic(work, index, outcome);
        return;
      }
      outcomes.push(outcome);
    }
    this.overlay.absorb(overlay);
    if (work.batchKey !== null) {
      const stored = outcomes.map(storedOutcome);
      this.#burn(work.batchKey, { part: 0, versionBefore, reply: { outcomes: stored, version: this.#version } });
    }
    this.#drafts.push(draftOf(work, { outcomes, version: this.#version }));
  }

  #refuseAtomic(work: Work, index: number, outcome: SettledOutcome & { status: 'refused' | 'key-reused' }): void {
    if (outcome.status === 'key-reused') {
      this.#drafts.push(draftOf(work, { end: { status: 'key-reused' } }));
      return;
    }
    const { refusal } = outcome;
    if (work.batchKey !== null) {
      const reply: StoredPart = { refusedIndex: index, refusal: { code: refusal.code, detail: refusal.detail } };
      this.#burn(work.batchKey, { part: 0, versionBefore: this.#version, reply });
    }
    this.#drafts.push(draftOf(work, { end: { status: 'refused', index, refusal } }));
  }

  #decideEntry(entry: Entry, actor: string, into: State = this.overlay): SettledOutcome | CommandProblem {
    this.#entries += 1;
    const burnt = entry.key === null ? undefined : this.#findBurnt(entry.key);
    if (burnt !== undefined) {
      if (!isSameRequest(burnt, entry.key)) return { status: 'key-reused' };
      return { status: 'recorded', firstVersion: burnt.firstVersion, lastVersion: burnt.lastVersion };
    }
    if (entry.isNotStorable === true) return { status: 'refused', refusal: NOT_STORABLE };
    const decision = this.#tryDecide(into, entry, timelineTimeMs(into, this.#base.databaseMs));
    if (decision instanceof CommandFault) return decision;
    if (decision.kind === 'refused') return { status: 'refused', refusal: decision };
    if (decision.kind === 'repeated') {
      const { firstVersion, lastVersion } = decision;
      if (entry.key !== null) this.#burnVersions(entry.key, { firstVersion, lastVersion });
      return { status: 'recorded', firstVersion, lastVersion };
    }
    const versionBefore = this.#version;
    const events = this.#tryApply(into, decision.events, { commandId: entry.commandId, actor });
    if (events instanceof Error) return events;
    if ('code' in events) return { status: 'refused', refusal: events };
    if (entry.key !== null)
      this.#burnVersions(entry.key, { firstVersion: versionBefore + 1, lastVersion: this.#version });
    return { status: 'accepted', version: this.#version, events, repeated: false };
  }

  #tryDecide(state: State, { command }: Entry, nowMs: number): Decision | CommandFault {
    try {
      return decide(state, command, { nowMs, limits: this.#base.limits.domain });
    } catch (cause) {
      return new CommandFault('the command could not be decided and was dropped', { cause });
    }
  }

  /** Burnt in the log, or by an earlier command of this very group. */
  #findBurnt(key: RequestKey): ProposedKey | undefined {
    const digest = key.digest(0);
    return this.#base.burnt.get(digest) ?? this.#keys.get(digest);
  }

  /** Evolves a command's events on an overlay of its own, so that a broken assertion is that command's fault alone. */
  #tryApply(
    into: State,
    events: readonly Decided[],
    by: { readonly commandId: string; readonly actor: string },
  ): readonly RecordedEvent[] | CommandProblem | Refusal {
    if (events.length === 0) return [];
    const before = { version: this.#version, events: this.events.length, lastClientVersion: this.#lastClientVersion };
    const undo = (): void => {
      this.#version = before.version;
      this.#lastClientVersion = before.lastClientVersion;
      this.events.length = before.events;
    };
    const overlay = into.overlay();
    try {
      const recorded = this.#apply(overlay, events, by);
      const problem = by.actor === SYSTEM_ACTOR ? undefined : this.#growthProblem(into, overlay);
      if (problem === undefined) into.absorb(overlay);
      else undo();
      return problem ?? recorded;
    } catch (cause) {
      undo();
      return new CommandFault('the command broke an assertion and was dropped', { cause });
    }
  }

  /** Why the state may not become what a command makes of it: only what makes it larger can be too much. */
  #growthProblem(before: State, after: State): MemoryShort | Refusal | undefined {
    const { rowBytes } = after;
    const isLarger = rowBytes > before.rowBytes;
    const { rowBytesMax, shortOf } = this.#base.limits.growth;
    if (isLarger && rowBytes > rowBytesMax) {
      return timelineFull(rowBytesMax);
    }
    return shortOf(isLarger ? rowBytes - this.#base.state.rowBytes : 0);
  }

  #apply(
    overlay: State,
    events: readonly Decided[],
    { commandId, actor }: { readonly commandId: string; readonly actor: string },
  ): readonly RecordedEvent[] {
    return events.map((event) => {
      this.#version += 1;
      evolve(overlay, event, { version: this.#version, atMs: event.atMs });
      const proposed: ProposedEvent = {
        type: event.type,
        schemaVersion: EVENT_SHAPES[event.type].schemaVersion,
        atMs: event.atMs,
        commandId,
        actor,
        data: JSON.stringify(event.data),
      };
      this.events.push(proposed);
      this.#dataLength += proposed.data.length;
      if (actor !== SYSTEM_ACTOR) this.#lastClientVersion = this.#version;
      return { ...proposed, version: this.#version };
    });
  }

  #burn(
    key: RequestKey,
    {
      part,
      versionBefore,
      reply,
    }: { readonly part: number; readonly versionBefore: number; readonly reply: StoredPart },
  ): void {
    const digest = key.digest(part);
    this.#keys.set(digest, {
      digest,
      requestHash: key.requestHash,
      firstVersion: versionBefore + 1,
      lastVersion: this.#version,
      reply: JSON.stringify(reply),
    });
  }

  #burnVersions(key: RequestKey, versions: { readonly firstVersion: number; readonly lastVersion: number }): void {
    const digest = key.digest(0);
    this.#keys.set(digest, { digest, requestHash: key.requestHash, ...versions, reply: null });
  }
}

const draftOf = (
  work: Work,
  { outcomes = [], version = 0, end = null, fault = null }: Partial<Omit<Draft, 'work'>>,
): Draft => ({ work, outcomes, version, end, fault });
