import type { EventLog, Head, TimelineRecord } from '#event-log';
import type { DatabaseClock } from './clock.js';
import type { Asked } from './commit-loop-options.js';
import type { LiveTimeline } from './live-timeline.js';

/** The database counts as away while it has not answered for so long. */
const SILENCE_MAX_MS = 2_000;

/** A head as the database has it, and how often the timeline was rebuilt. */
export type PolledHead = Head & Pick<TimelineRecord, 'rebuilds'>;

export interface HeadPollOptions {
  readonly log: EventLog;
  readonly clock: DatabaseClock;
  readonly loaded: () => readonly LiveTimeline[];
  /** Told of each head; undefined where the log does not have the timeline any more. */
  readonly onHead: (live: LiveTimeline, found: PolledHead | undefined, whenAsked: Asked) => void;
}

/** One read of all loaded timelines' heads: how commits of other processes are noticed, and the database's absence. */
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
    const { log, clock, loaded, onHead } = this.#options;
    this.#askedAtMs = clock.monotonicMs();
    try {
      // The heads as they are before the read goes out: an append of ours that ends meanwhile is no rewound log.
      const asked = loaded().map((live) => ({ live, whenAsked: live.asked }));
      const ids = asked.map(({ live }) => live.record.timelineId);
      if (ids.length === 0) clock.observe(await log.databaseTimeMs());
      const heads: ReadonlyMap<number, PolledHead> = ids.length === 0 ? new Map() : await log.readHeads(ids);
      this.#answered = true;
      for (const { live, whenAsked } of asked) onHead(live, heads.get(live.record.timelineId), whenAsked);
    } catch (error) {
      this.#answered = false;
      this.#fault = error;
    } finally {
      this.#askedAtMs = null;
    }
  }
}
