import { auditEconomy, State } from '#domain';
import { genesisHead, type EventLog, type Head, type SnapshotInfo, type TimelineRecord } from '#event-log';
import { MemoryShort, TimelineStopped, type PinnedView } from '../contract.js';
import type { Allotment, MemoryBudget } from '../memory-budget.js';
import { runPieces, type Pacer } from '../pacer.js';
import type { Past } from '../past/contract.js';
import { foldAside, hashAside } from '../past/fold-aside.js';
import { BadSnapshot, isOwnKind, readSnapshot } from '../snapshots.js';
import { problemOf, type Replayed } from './check-snapshot.js';
import { firstDifferences, type Findings } from './findings.js';
import type { RunningReplay } from './running-replay.js';

/** What replays are made with. */
export interface ReplayTools {
  readonly log: EventLog;
  readonly pacer: Pacer;
  readonly memory: MemoryBudget;
  readonly reducer: string;
  readonly past: Past;
  /** The live state at a confirmed head, held still until it is released; undefined where the timeline is not loaded. */
  readonly pinLive: (timeline: string) => Promise<(PinnedView & { readonly release: () => void }) | undefined>;
  readonly snapshotKeep: number;
  /** The wall clock, ms since the Unix epoch. */
  readonly nowMs: () => number;
  /** A timeline was rebuilt: this process need not wait until it notices. */
  readonly onRebuilt: (timeline: string) => void;
}

/** Folds a whole log from its genesis, the chain checked, beside the live timelines. No snapshot is used for it. */
export class LogReplay {
  readonly #tools: ReplayTools;
  readonly #job: RunningReplay;
  readonly #record: TimelineRecord;
  readonly #state = new State();
  #head: Head = genesisHead();
  #last: Replayed | null = null;
  readonly #allot: () => Allotment;
  readonly #memory: Allotment;

  /** What it is allotted has to be given back when it is not needed any more. */
  constructor(
    tools: ReplayTools,
    job: RunningReplay,
    of: { readonly record: TimelineRecord; readonly allot: () => Allotment },
  ) {
    this.#tools = tools;
    this.#allot = of.allot;
    this.#memory = of.allot();
    this.#job = job;
    this.#record = of.record;
  }

  /** What the log gives at a version that is not below the last one. */
  async at(toVersion: number): Promise<Replayed> {
    if (this.#last?.head.version === toVersion) return this.#last;
    const { timelineId } = this.#record;
    const { signal } = this.#job;
    const { log, pacer } = this.#tools;
    const range = { timelineId, state: this.#state, head: this.#head, toVersion, signal, memory: this.#memory };
    this.#head = await foldAside({ log, pacer }, range, ({ version }) => (this.#job.version = version));
    const stateHash = await hashAside(this.#tools.pacer, this.#state);
    signal.throwIfAborted();
    this.#last = { state: this.#state, head: this.#head, stateHash };
    return this.#last;
  }

  /**
   * Folds up to a version and looks at each snapshot of this build on the way, those of the ancestry included. The caller
   * is told of each, with what is wrong with it if anything is, and may take its time.
   */
  async through(
    toVersion: number,
    findings: Findings,
    onSnapshot: (info: SnapshotInfo, problem: string | undefined, replayed: Replayed) => Promise<void>,
  ): Promise<void> {
    const { log, pacer, reducer } = this.#tools;
    const snapshots = (await log.listSnapshots(this.#record.timelineId))
      .filter((info) => info.version <= toVersion && isOwnKind(info, reducer))
      .reverse();
    for (const info of snapshots) {
      const replayed = await this.at(info.version);
      const problem = await problemOf({ log, pacer }, info, replayed);
      const { version } = info;
      if (problem === undefined) findings.alike(version);
      else {
        const found = { version, where: 'snapshot', detail: problem } as const;
        await findings.different(found, () => this.#differences(info, replayed.state));
      }
      await onSnapshot(info, problem, replayed);
    }
  }

  async #differences(info: SnapshotInfo, state: State): ReturnType<typeof firstDifferences> {
    const { log, pacer } = this.#tools;
    const memory = this.#allot();
    try {
      const snapshot = await log.loadSnapshot(info);
      if (snapshot === undefined) return [];
      return await firstDifferences(pacer, await readSnapshot(pacer, snapshot, memory), state);
    } catch (error) {
      // The differences are an extra: that there are some is known.
      if (error instanceof BadSnapshot || error instanceof MemoryShort) return [];
      throw error;
    } finally {
      memory.release();
    }
  }
}

/** Throws `TimelineStopped` where the economy that the log gives breaks a rule that a state alone can show. */
export async function assertEconomy(pacer: Pacer, { state, head }: Replayed): Promise<void> {
  const broken = await runPieces(pacer, auditEconomy(state));
  if (broken.length === 0) return;
  throw new TimelineStopped(head.version, `the economy does not hold at version ${head.version}: ${broken.join('; ')}`);
}
