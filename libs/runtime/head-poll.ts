import type { EventLog, Head, TimelineId, TimelineRecord } from '#event-log';
import type { DatabaseClock } from './clock.js';

/** The database counts as away while it has not answered for so long. */
const SILENCE_MAX_MS = 2_000;

/** A head as the database has it, and how often the timeline was rebuilt. */
export type PolledHead = Head & Pick<TimelineRecord, 'rebuilds'>;

/** Whoever wants to know of a timeline's head. */
export interface HeadWatcher {
  readonly timelineId: TimelineId;
  /** Told of the head; undefined where the log does not have the timeline any more. */
  readonly onHead: (found: PolledHead | undefined) => void;
}

export interface HeadPollOptions {
  readonly log: EventLog;
  readonly clock: DatabaseClock;
  /**
   * Asked before the read goes out, so that each watcher can tell what it knew by then: an append of ours that ends meanwhile
   * is no rewound log.
   */
  readonly watchers: () => readonly HeadWatcher[];
}

/**
 * One read of the heads of all timelines that are loaded or followed: how commits of other processes are noticed, and the
 * database's absence.
 */
export class HeadPoll {
  readonly #options: HeadPollOptions;
  #answered = true;
  #fault: unknown = null;
  /** When the read that is under way was begun. */
  #askedAtMs: number | null = null;

  constructor(options: HeadPollOptions) {
    this.#options = options;
  }

  /** Whether the database answered when it was asked last, and is not silent now. */
  get databaseAvailable(): boolean {
    if (!this.#answered) return false;
    return this.#askedAtMs === null || this.#options.clock.monotonicMs() - this.#askedAtMs < SILENCE_MAX_MS;
  }

  /** Why it did not answer; null where it said nothing at all. */
  get fault(): unknown {
    return this.#answered ? null : this.#fault;
  }

  /** Nothing where a poll is under way. */
  async run(): Promise<void> {
    if (this.#askedAtMs !== null) return;
    const { log, clock, watchers } = this.#options;
    this.#askedAtMs = clock.monotonicMs();
    try {
      const asking = watchers();
      const ids = [...new Set(asking.map(({ timelineId }) => timelineId))];
      if (ids.length === 0) clock.observe(await log.databaseTimeMs());
      const heads: ReadonlyMap<number, PolledHead> = ids.length === 0 ? new Map() : await log.readHeads(ids);
      this.#answered = true;
      for (const { timelineId, onHead } of asking) onHead(heads.get(timelineId));
    } catch (error) {
      this.#answered = false;
      this.#fault = error;
    } finally {
      this.#askedAtMs = null;
    }
  }
}
