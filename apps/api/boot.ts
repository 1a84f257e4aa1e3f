import type { EventLog } from '#event-log';
import type { Runtime } from '#runtime';
import { ProblemError } from './problems/problem-error.js';

export type BootPhase = 'starting' | 'ready' | 'draining' | 'failed';

/**
 * How far the process is: the port is open from the first second, long before there is a runtime to answer with. Whoever
 * starts and stops the process moves it on; everything under /v1 is answered only while it is `ready`.
 */
export class Boot {
  #phase: BootPhase = 'starting';
  #runtime: Runtime | null = null;
  #log: EventLog | null = null;
  #databaseReached = false;
  readonly #stopping = new AbortController();

  get phase(): BootPhase {
    return this.#phase;
  }

  /** Aborted when the process starts to drain: open streams end then. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The runtime; null until there is one. */
  get runtimeOrNull(): Runtime | null {
    return this.#runtime;
  }

  /** @throws ProblemError `starting`, before there is one */
  get runtime(): Runtime {
    if (this.#runtime === null) throw new ProblemError('starting', 'The server is starting.');
    return this.#runtime;
  }

  /** The log that the runtime stands on. @throws ProblemError `starting`, before there is one */
  get log(): EventLog {
    if (this.#log === null) throw new ProblemError('starting', 'The server is starting.');
    return this.#log;
  }

  /** While it starts: what is known of the database. From then on the runtime knows. */
  databaseAvailable(): boolean {
    return this.#runtime === null ? this.#databaseReached : this.#runtime.status().databaseAvailable;
  }

  /** The database answered while the process starts, or stopped to. */
  sawDatabase(reached: boolean): void {
    this.#databaseReached = reached;
  }

  /** Migrated and folded: from now on requests are answered. */
  becomeReady(runtime: Runtime, log: EventLog): void {
    this.#runtime = runtime;
    this.#log = log;
    this.#phase = 'ready';
  }

  /** New requests are refused and streams end; requests under way go on. */
  beginDraining(): void {
    this.#phase = 'draining';
    this.#stopping.abort();
  }

  /** The process cannot recover by itself. */
  fail(): void {
    this.#phase = 'failed';
    this.#stopping.abort();
  }
}
