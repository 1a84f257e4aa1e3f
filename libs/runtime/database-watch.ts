import { LogConflict, LogLocked, LogReadOnly, LogUnavailable, StorageFull, type EventLog } from '#event-log';
import type { DatabaseClock } from './clock.js';
import type { ProcessStatus } from './contract.js';
import type { HeadPoll } from './head-poll.js';

/** What can be wrong with a database: each is told once when it begins and once when it is over. */
export type DatabaseTrouble = 'away' | 'read-only' | 'locked' | 'conflicting' | 'full' | 'no-standby';

/** Told of a trouble's beginning, with its cause, and of its end, with how long it was, ms. */
export interface DatabaseReports {
  /** It began. */
  readonly databaseTrouble?: (begun: { readonly trouble: DatabaseTrouble; readonly cause: string }) => void;
  /** It is over. */
  readonly databaseRecovered?: (over: { readonly trouble: DatabaseTrouble; readonly ms: number }) => void;
}

interface WatchOptions {
  readonly log: Pick<EventLog, 'condition'>;
  readonly poll: HeadPoll;
  readonly clock: DatabaseClock;
  readonly reports?: DatabaseReports;
}

interface Episode {
  readonly sinceMs: number;
  lastMs: number;
}

/** What shows in commits alone is over when it has not shown for so long. */
const quietMs = 3_000;

/**
 * Knows what is wrong with the database. Its absence and its silence are noticed by the poll of heads; that it only reads, or has
 * lost a standby that it had or was told to wait for, by asking; the rest by commits that fail.
 */
export class DatabaseWatch {
  readonly #options: WatchOptions;
  readonly #episodes = new Map<DatabaseTrouble, Episode>();
  #hadStandby = false;
  #looking = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  status(): Pick<ProcessStatus, 'databaseAvailable' | 'databaseReadOnly' | 'standbyMissing'> {
    return {
      databaseAvailable: this.#options.poll.databaseAvailable,
      databaseReadOnly: this.#episodes.has('read-only'),
      standbyMissing: this.#episodes.has('no-standby'),
    };
  }

  /** Polls the heads. Returns at once where an earlier poll is under way: a database that is silent is noticed so. */
  async poll(): Promise<void> {
    const { poll } = this.#options;
    await poll.run();
    if (poll.databaseAvailable) this.#end('away');
    else this.#begin('away', poll.fault === null ? 'it is silent' : messageOf(poll.fault));
  }

  /** A commit failed. */
  readonly noticeFault = (fault: unknown): void => {
    const trouble = troubleOf(fault);
    if (trouble !== undefined) this.#begin(trouble, messageOf(fault));
  };

  /** Asks how the database is. One that does not answer is noticed elsewhere. */
  async look(): Promise<void> {
    for (const trouble of ['locked', 'conflicting', 'full'] as const) if (this.#isQuiet(trouble)) this.#end(trouble);
    if (this.#looking || this.#episodes.has('away')) return;
    this.#looking = true;
    try {
      const { isReadOnly, demandsStandby, synchronousStandbys } = await this.#options.log.condition();
      if (isReadOnly) this.#begin('read-only', 'it is set so');
      else if (this.#isQuiet('read-only')) this.#end('read-only');
      this.#hadStandby ||= demandsStandby || (synchronousStandbys ?? 0) > 0;
      this.#noticeStandby(demandsStandby, synchronousStandbys);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    } finally {
      this.#looking = false;
    }
  }

  #noticeStandby(isDemanded: boolean, count: number | null): void {
    if (this.#hadStandby && !isDemanded) this.#begin('no-standby', 'synchronous_standby_names is empty');
    else if (isDemanded && count === 0) this.#begin('no-standby', 'none of synchronous_standby_names is connected');
    else this.#end('no-standby');
  }

  #isQuiet(trouble: DatabaseTrouble): boolean {
    const episode = this.#episodes.get(trouble);
    return episode !== undefined && this.#options.clock.monotonicMs() - episode.lastMs >= quietMs;
  }

  #begin(trouble: DatabaseTrouble, cause: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    const episode = this.#episodes.get(trouble);
    if (episode !== undefined) {
      episode.lastMs = nowMs;
      return;
    }
    this.#episodes.set(trouble, { sinceMs: nowMs, lastMs: nowMs });
    this.#options.reports?.databaseTrouble?.({ trouble, cause });
  }

  #end(trouble: DatabaseTrouble): void {
    const episode = this.#episodes.get(trouble);
    if (episode === undefined) return;
    this.#episodes.delete(trouble);
    this.#options.reports?.databaseRecovered?.({
      trouble,
      ms: Math.round(this.#options.clock.monotonicMs() - episode.sinceMs),
    });
  }
}

function troubleOf(fault: unknown): DatabaseTrouble | undefined {
  if (fault instanceof LogReadOnly) return 'read-only';
  if (fault instanceof LogLocked) return 'locked';
  if (fault instanceof LogConflict) return 'conflicting';
  return fault instanceof StorageFull ? 'full' : undefined;
}

/** A connection tried at several addresses fails with one error for each and no message of its own. */
function messageOf(fault: unknown): string {
  if (fault instanceof AggregateError && fault.message === '') return fault.errors.map(messageOf).join(', ');
  return fault instanceof Error ? fault.message : String(fault);
}
