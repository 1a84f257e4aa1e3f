import { headAt, type EventLog, type Head, type TimelineId, type TimelineRecord } from '#event-log';
import type { HeadWatcher } from './head-poll.js';
import type { LiveTimeline } from './live-timeline.js';

/** A timeline that somebody follows, loaded or not: its head as it was heard of last. */
export class FollowedTimeline {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly #wakers = new Set<() => void>();
  #head: Head;
  #end: 'removed' | 'rewound' | null = null;
  followers = 0;

  constructor({ timelineId, name, head }: FollowableRecord) {
    this.timelineId = timelineId;
    this.name = name;
    this.#head = head;
  }

  get head(): Head {
    return this.#head;
  }
  /** Why it cannot be followed on, if it cannot: whoever read a history that was taken back has read something else. */
  get end(): 'removed' | 'rewound' | null {
    return this.#end;
  }

  /** Heard of commits behind those that are known. */
  advance(head: Head): void {
    if (head.version <= this.#head.version) return;
    this.#head = head;
    this.#wake();
  }

  finish(end: 'removed' | 'rewound'): void {
    this.#end ??= end;
    this.#wake();
  }

  /** Resolves when something is heard of it, at the latest after `withinMs` or when the signal aborts. */
  heardOf(withinMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#wakers.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}

type FollowableRecord = Pick<TimelineRecord, 'timelineId' | 'name' | 'head'>;

/**
 * The timelines that are followed. Where one is loaded, its live timeline tells of each commit; in any case the poll of heads
 * does, so following keeps nothing in memory but heads.
 */
export class FollowedTimelines {
  readonly #log: EventLog;
  readonly #live: (name: string) => LiveTimeline | undefined;
  readonly #byId = new Map<TimelineId, FollowedTimeline>();

  constructor({ log, live }: { readonly log: EventLog; readonly live: (name: string) => LiveTimeline | undefined }) {
    this.#log = log;
    this.#live = live;
  }

  /** To be let go of by `leave`. */
  join(record: FollowableRecord): FollowedTimeline {
    const followed = this.#byId.get(record.timelineId) ?? new FollowedTimeline(record);
    this.#byId.set(record.timelineId, followed);
    followed.followers += 1;
    followed.advance(record.head);
    return followed;
  }

  leave(followed: FollowedTimeline): void {
    followed.followers -= 1;
    if (followed.followers === 0 && this.#byId.get(followed.timelineId) === followed) {
      this.#byId.delete(followed.timelineId);
    }
  }

  /** The live timeline has taken commits in. */
  advanced({ record, head }: LiveTimeline): void {
    this.#byId.get(record.timelineId)?.advance(head);
  }

  /** Nobody is told of what comes next; who joins from now on begins anew. */
  finish(timelineId: TimelineId, end: 'removed' | 'rewound'): void {
    this.#byId.get(timelineId)?.finish(end);
    this.#byId.delete(timelineId);
  }

  watchers(): readonly HeadWatcher[] {
    return [...this.#byId.values()].map((followed) => {
      const { timelineId, head } = followed;
      return { timelineId, onHead: (found) => void this.#notice(followed, head, found) };
    });
  }

  /** `known` is from before the database was asked. */
  async #notice(followed: FollowedTimeline, known: Head, found: Head | undefined): Promise<void> {
    if (found === undefined) {
      this.finish(followed.timelineId, 'removed');
      return;
    }
    const live = this.#live(followed.name);
    // A live timeline checks the chain itself, and has the events at hand when it has taken them in.
    if (live !== undefined && live.stopped === null) followed.advance(live.head);
    else if (await this.#continues(followed, known, found)) followed.advance(found);
  }

  async #continues({ timelineId }: FollowedTimeline, known: Head, found: Head): Promise<boolean> {
    try {
      const then = found.version > known.version ? await headAt(this.#log, timelineId, known.version) : found;
      if (then?.hash === known.hash && then.version === known.version) return true;
      this.finish(timelineId, 'rewound');
      return false;
    } catch {
      // The next poll asks again; a log that contradicts itself is not gone on with.
      return false;
    }
  }
}
