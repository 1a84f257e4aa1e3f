import { changesOf, State, type ReadableState } from '#domain';
import { genesisHead, headAt, type EventLog, type RecordedEvent, type TimelineRecord } from '#event-log';
import { verifyTimeline, type ExpectedHash, type Verification } from '#proof';
import { MomentsReversed, TimelineUnknown, VersionAhead } from '../contract.js';
import { FairSemaphore } from '../fair-semaphore.js';
import { rebuildsOf, recordOf } from '../lineage.js';
import type { LiveTimeline } from '../live-timeline.js';
import { withAllotments, type Allotment, type MemoryBudget } from '../memory-budget.js';
import type { Pacer } from '../pacer.js';
import { newestGoodSnapshot, type PassedOver } from '../snapshots.js';
import { compareSides } from './comparing.js';
import type {
  Comparison,
  ComparisonRequest,
  HeldView,
  Moment,
  Past,
  PastStatus,
  PastView,
  Series,
  SeriesRequest,
  Step,
  Waiting,
} from './contract.js';
import type { Side } from './divergence.js';
import { foldAside, hashAside } from './fold-aside.js';
import { KeptStates, type FoldedState } from './kept-states.js';
import { eventVersionAt, versionAt } from './moments.js';
import { birthOf, seriesFrom } from './series.js';

type LiveState = Pick<FoldedState, 'head' | 'rebuilds'> & Pick<LiveTimeline, 'state' | 'retain'>;

/** What past states are made from. */
export interface PastStatesOptions {
  readonly log: EventLog;
  readonly reducer: string;
  readonly pacer: Pacer;
  readonly memory: MemoryBudget;
  /** At once; more wait. */
  readonly foldingMax: number;
  /** The live state of the timeline of that name, if it is loaded. */
  readonly live: (name: string) => LiveState | undefined;
  readonly snapshotPassedOver: (timeline: string) => PassedOver;
}

/** One piece of work in its place: what ends it, and where its states' memory comes from until then. */
interface Work {
  readonly signal: AbortSignal | undefined;
  readonly allot: () => Allotment;
}

const WAITING_MAX = 16;
/** So few events are folded on a state that is kept, rather than to look for a snapshot that is nearer. */
const EVENTS_WITHOUT_SNAPSHOT = 2_000;
const HASHES_REMEMBERED_MAX = 1_000;

/** See `Past`. */
export class PastStates implements Past {
  readonly #options: PastStatesOptions;
  readonly #places: FairSemaphore;
  readonly #kept: KeptStates;
  /** State hashes by what the state is of, chain hash and rebuild: what the chain covers is what it is folded from. */
  readonly #hashes = new Map<string, string>();

  constructor(options: PastStatesOptions) {
    this.#options = options;
    this.#kept = new KeptStates(options.memory);
    this.#places = new FairSemaphore({ runningMax: options.foldingMax, waitingMax: WAITING_MAX });
  }

  async read<T>(timeline: string, at: Moment, view: (past: PastView) => T, waiting: Waiting = {}): Promise<T> {
    const { record, version } = await this.#side(timeline, at);
    const live = this.#liveAt(record, version);
    if (live !== undefined) return view({ timeline, state: live.state, version });
    return this.#run(async (work) => {
      const { state } = await this.#fold(record, version, work);
      return view({ timeline, state, version });
    }, waiting);
  }

  async readHeld<T>(
    timeline: string,
    at: Moment,
    work: (held: HeldView) => Promise<T>,
    waiting: Waiting = {},
  ): Promise<T> {
    const side = await this.#side(timeline, at);
    return this.#run((own) => this.#hold(side, work, own), waiting);
  }

  async step(timeline: string, version: number, waiting: Waiting = {}): Promise<Step> {
    const { signal } = waiting;
    const { record } = await this.#side(timeline, { version });
    const { timelineId } = record;
    return this.#run(async (work) => {
      const before = await this.#fold(record, version - 1, work);
      const state = before.state.overlay();
      const events: RecordedEvent[] = [];
      const range = { timelineId, state, head: before.head, toVersion: version, signal };
      const head = await foldAside(this.#options, range, (event) => events.push(event));
      const [event] = events;
      if (event === undefined) throw new VersionAhead(version, version - 1);
      const changes = changesOf(before.state, state);
      const after = { ...before, state, head, layers: before.layers + 1 };
      this.#kept.keep(timelineId, after);
      const hashOf = (folded: FoldedState) => this.#hashOf(`${timelineId}`, folded, signal);
      const stateHash = { before: await hashOf(before), after: await hashOf(after) };
      return { event, changes, stateHash, state };
    }, waiting);
  }

  async series<Value>(
    timeline: string,
    { followed, from, to, pointsMax }: SeriesRequest<Value>,
    waiting: Waiting = {},
  ): Promise<Series<Value> | undefined> {
    const { signal } = waiting;
    const { log } = this.#options;
    const record = await recordOf(log, timeline);
    const { timelineId, head } = record;
    const toVersion = to === null ? head.version : await eventVersionAt(log, record, to);
    const start = from === null ? null : await versionAt(log, record, from);
    if (start !== null && start > toVersion) throw new MomentsReversed(`${start} is after ${toVersion}`);
    return this.#run(async (work) => {
      const fromVersion = start ?? (await birthOf(this.#options, followed, { timelineId, toVersion, signal }));
      if (fromVersion === undefined) return undefined;
      const base = await this.#fold(record, fromVersion, work);
      const memory = work.allot();
      return seriesFrom(this.#options, { followed, pointsMax }, { timelineId, base, toVersion, signal, memory });
    }, waiting);
  }

  async compare<T>(
    { left, right, versions }: ComparisonRequest,
    work: (comparison: Comparison) => Promise<T>,
    waiting: Waiting = {},
  ): Promise<T> {
    const { signal } = waiting;
    const sides = {
      left: await this.#side(left, versions && { version: versions.left }),
      right: await this.#side(right, versions && { version: versions.right }),
    };
    const tools = { log: this.#options.log, pacer: this.#options.pacer, signal };
    // One place for both: who holds one and waits for another could wait for ever.
    return this.#run(
      (own) =>
        this.#hold(
          sides.left,
          (ours) =>
            this.#hold(sides.right, async (theirs) => work(await compareSides(tools, sides, [ours, theirs])), own),
          own,
        ),
      waiting,
    );
  }

  async verify(timeline: string, expected: readonly ExpectedHash[], waiting: Waiting = {}): Promise<Verification> {
    const { log, pacer: pace } = this.#options;
    await recordOf(log, timeline);
    const verification = await this.#run(({ allot }) => {
      const memory = allot();
      const onGrowth = (bytes: number) => (memory.grow(bytes) ? undefined : memory.fits());
      return verifyTimeline(log, timeline, { expected, signal: waiting.signal, pace, onGrowth });
    }, waiting);
    if (verification === undefined) throw new TimelineUnknown(`there is no timeline ${timeline}`);
    return verification;
  }

  status(): PastStatus {
    return { folding: this.#places.running, waiting: this.#places.waiting, kept: this.#kept.size };
  }

  #run<T>(work: (own: Work) => Promise<T>, waiting: Waiting): Promise<T> {
    const { signal } = waiting;
    return this.#places.run(() => withAllotments(this.#options.memory, (allot) => work({ signal, allot })), waiting);
  }

  /** A timeline as the log has it now, and the version of it that is meant; null: its head. */
  async #side(timeline: string, at: Moment | null): Promise<Side> {
    const { log } = this.#options;
    const record = await recordOf(log, timeline);
    return { record, version: at === null ? record.head.version : await eventVersionAt(log, record, at) };
  }

  /** The live state, where it is at that very version of the log as it was read. */
  #liveAt({ name, head }: TimelineRecord, version: number): LiveState | undefined {
    if (version !== head.version) return undefined;
    const live = this.#options.live(name);
    return live?.head.version === version && live.head.hash === head.hash ? live : undefined;
  }

  async #hold<T>({ record, version }: Side, work: (held: HeldView) => Promise<T>, own: Work): Promise<T> {
    const { signal } = own;
    const live = this.#liveAt(record, version);
    if (live === undefined) {
      const folded = await this.#fold(record, version, own);
      return work({
        timeline: record.name,
        version,
        state: folded.state,
        stateHash: () => this.#hashOf(`${record.timelineId}`, folded, signal),
      });
    }
    const { rebuilds, head } = live;
    const letGo = live.retain();
    const state = live.state.pin();
    try {
      const stateHash = () => this.#hashOf(`live ${record.timelineId}`, { state, head, rebuilds }, signal);
      return await work({ timeline: record.name, version, state, stateHash });
    } finally {
      state.release();
      letGo();
    }
  }

  async #hashOf(
    of: string,
    { state, head, rebuilds }: Pick<FoldedState, 'head' | 'rebuilds'> & { readonly state: ReadableState },
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const key = `${of} ${head.hash} ${rebuilds}`;
    const known = this.#hashes.get(key);
    if (known !== undefined) return known;
    const hash = await hashAside(this.#options.pacer, state, signal);
    if (this.#hashes.size >= HASHES_REMEMBERED_MAX) this.#hashes.clear();
    this.#hashes.set(key, hash);
    return hash;
  }

  /** The state at a version, of its own or on what is kept. Version 0 is the empty state. */
  async #fold(record: TimelineRecord, version: number, { signal, allot }: Work): Promise<FoldedState> {
    const { log, pacer } = this.#options;
    const { timelineId } = record;
    const rebuilds = await rebuildsOf(log, record);
    const memory = allot();
    const base = await this.#base({ ...record, rebuilds }, version, memory);
    // What is kept may be let go of at any time, and is held here all the same.
    if (!memory.grow(base.state.bytes)) await memory.fits();
    if (base.head.version === version) return base;
    const { isKept } = base;
    const state = isKept ? base.state.overlay() : base.state;
    const range = { timelineId, state, head: base.head, toVersion: version, signal };
    const growth = isKept ? { memory: allot(), isOverlay: true } : { memory };
    const head = await foldAside({ log, pacer }, { ...range, ...growth });
    const folded = { state, head, rebuilds, layers: base.isKept ? base.layers + 1 : 0 };
    this.#kept.keep(timelineId, folded);
    return folded;
  }

  /** Where to fold from: the nearest of what is kept and of the snapshots, or the beginning. */
  async #base(
    record: TimelineRecord,
    version: number,
    memory: Allotment,
  ): Promise<FoldedState & { readonly isKept: boolean }> {
    const { log, pacer, reducer, snapshotPassedOver } = this.#options;
    const { timelineId, name, head, rebuilds } = record;
    const kept = await this.#keptAt(record, version);
    if (kept !== undefined && version - kept.head.version <= EVENTS_WITHOUT_SNAPSHOT) return { ...kept, isKept: true };
    const snapshot = await newestGoodSnapshot(
      { log, pacer, memory },
      {
        timelineId,
        headVersion: head.version,
        toVersion: version,
        aboveVersion: kept?.head.version ?? 0,
        reducer,
      },
      snapshotPassedOver(name),
    );
    if (snapshot !== undefined) return { ...snapshot, rebuilds, layers: 0, isKept: false };
    if (kept !== undefined) return { ...kept, isKept: true };
    return { state: new State(), head: genesisHead(), rebuilds, layers: 0, isKept: false };
  }

  /** What is kept, if the log still is what it was folded from. */
  async #keptAt(record: TimelineRecord, version: number): Promise<FoldedState | undefined> {
    const { timelineId } = record;
    const kept = this.#kept.nearest(record, version);
    if (kept === undefined) return undefined;
    const head = await headAt(this.#options.log, timelineId, kept.head.version);
    if (head?.hash === kept.head.hash) return kept;
    this.#kept.forget(timelineId);
    return undefined;
  }
}
