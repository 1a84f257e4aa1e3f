import type { EventLog } from '#event-log';
import type { Runtime } from '#runtime';
import { ProblemError } from './problems/problem-error.js';

export type BootPhase = 'starting' | 'ready' | 'draining' | 'failed';

interface Logs {
  readonly log: EventLog;
  readonly reads: EventLog;
}

/**
 * How far the process is: the port is open from the first second, long before there is a runtime to answer with. Whoever
 * starts and stops the process moves it on; everything under /v1 is answered only while it is `ready`.
 */
export class Boot {
  #phase: BootPhase = 'starting';
  #runtime: Runtime | null = null;
  #logs: Logs | null = null;
  #databaseReached = false;
  #isLeaving = false;
  #waitsForOthers = false;
  readonly #stopping = new AbortController();

  get phase(): BootPhase {
    return this.#phase;
  }

  /** Whether the process is about to stop: from the notice on, in which all is answered still. */
  get isLeaving(): boolean {
    return this.#isLeaving;
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
    return this.#startedLogs().log;
  }

  /** The same on the connections of readers. @throws ProblemError `starting`, before there is one */
  get reads(): EventLog {
    return this.#startedLogs().reads;
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
  becomeReady(runtime: Runtime, log: EventLog, reads = log): void {
    this.#runtime = runtime;
    this.#logs = { log, reads };
    if (this.#phase === 'starting') this.#phase = 'ready';
  }

  /** Whether other processes that listen on the same port are still starting. */
  get waitsForOthers(): boolean {
    return this.#waitsForOthers;
  }

  /** A probe reaches one of several processes, and what follows may reach any: readiness waits until all of them are ready. */
  waitForOthers(waits: boolean): void {
    this.#waitsForOthers = waits;
  }

  /** Readiness is refused from now on, and nothing else. */
  giveNotice(): void {
    this.#isLeaving = true;
  }

  /** New requests are refused and streams end; requests under way go on. */
  beginDraining(): void {
    this.#isLeaving = true;
    this.#phase = 'draining';
    this.#stopping.abort();
  }

  /** The process cannot recover by itself. */
  fail(): void {
    this.#phase = 'failed';
    this.#stopping.abort();
  }

  #startedLogs(): Logs {
    if (this.#logs === null) throw new ProblemError('starting', 'The server is starting.');
    return this.#logs;
  }
}
