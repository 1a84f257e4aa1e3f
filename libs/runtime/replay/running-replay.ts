import type { RecordedReplay, ReplayClaim, ReplayProgress, ReplayStore } from '#event-log';

/** The claim does not hold any more: the job was cancelled, or another process has taken it. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/** The rate is that of the last so many reports. */
const REPORTS_REMEMBERED = 5;

/** A job that this process works on: holds its claim, and says how far it is. */
export class RunningReplay {
  readonly recorded: RecordedReplay;
  readonly claim: ReplayClaim;
  /** The last version that was folded. */
  version = 0;
  /** Null until it is known how far it goes. */
  of: number | null = null;
  readonly #store: ReplayStore;
  readonly #leaseMs: number;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #startedAtMs = performance.now();
  #seen: { readonly version: number; readonly atMs: number }[];
  #reporting: Promise<void> | null = null;

  constructor(
    recorded: RecordedReplay,
    of: { readonly store: ReplayStore; readonly owner: string; readonly leaseMs: number; readonly reportMs: number },
  ) {
    this.recorded = recorded;
    this.claim = { id: recorded.id, owner: of.owner, attempt: recorded.attempts };
    this.#store = of.store;
    this.#leaseMs = of.leaseMs;
    this.#seen = [{ version: 0, atMs: this.#startedAtMs }];
    this.#timer = setInterval(() => {
      this.#reporting ??= this.#report().finally(() => {
        this.#reporting = null;
      });
    }, of.reportMs);
  }

  /** Aborted when the work is to end, with the reason. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  get progress(): ReplayProgress {
    const [first] = this.#seen;
    const seconds = (performance.now() - (first?.atMs ?? this.#startedAtMs)) / 1_000;
    const eventsPerSecond = seconds === 0 ? 0 : Math.round((this.version - (first?.version ?? 0)) / seconds);
    return { version: this.version, of: this.of, eventsPerSecond };
  }

  /** How far it came, and how fast over all. */
  get wholeProgress(): ReplayProgress {
    const seconds = (performance.now() - this.#startedAtMs) / 1_000;
    return { version: this.version, of: this.of, eventsPerSecond: Math.round(this.version / seconds) };
  }

  end(reason: Error): void {
    this.#ending.abort(reason);
  }

  /** Throws `ClaimLost` where a write of this job's owner was refused. */
  assertHeld(isHeld: boolean): void {
    if (!isHeld) throw new ClaimLost(`replay ${this.claim.id} is not this process's any more`);
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
  }

  async #report(): Promise<void> {
    try {
      this.assertHeld(await this.#store.report(this.claim, this.progress, this.#leaseMs));
    } catch (error) {
      // With the database away the lease runs on; whoever reads the log finds out as well.
      if (error instanceof ClaimLost) this.end(error);
    }
    this.#seen.push({ version: this.version, atMs: performance.now() });
    this.#seen = this.#seen.slice(-REPORTS_REMEMBERED);
  }
}
