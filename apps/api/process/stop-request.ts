import type { Logger } from 'pino';

/** What a supervisor, a terminal that is closed, and whoever sits at one send to a process that has to end. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/**
 * npm hands a Ctrl-C on that the terminal has sent to the server already, so that one press arrives twice. Only what
 * comes later than this after the first is somebody who does not want to wait.
 */
const sameRequestMs = 1_000;

/** Somebody's wish that this process ends. */
export interface StopRequest {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with it. */
  readonly requested: Promise<void>;
  /** Resolves when the notice is over, after its time or at the second signal. */
  readonly noticed: Promise<void>;
  /** Resolves at a signal after that, for somebody who does not want to wait. */
  readonly forced: Promise<void>;
  /** Ends the notice, or sees to it that there will be none: nobody is served that could be told. */
  endNotice(): void;
}

/**
 * Listens for the signals that end a process. SIGTERM and SIGHUP give a notice of so many milliseconds; a Ctrl-C is
 * somebody at a terminal, with no balancer between, and gives none.
 */
export function listenForStop(log: Logger, noticeMs: number): StopRequest {
  const stop = new Stop(log, noticeMs);
  for (const name of STOP_SIGNALS) {
    process.on(name, () => {
      stop.note(name);
    });
  }
  return stop;
}

class Stop implements StopRequest {
  readonly requested: Promise<void>;
  readonly noticed: Promise<void>;
  readonly forced: Promise<void>;
  readonly #log: Logger;
  readonly #noticeMs: number;
  readonly #request = new AbortController();
  readonly #notice = new AbortController();
  readonly #force = new AbortController();
  #notedAtMs = -Infinity;

  constructor(log: Logger, noticeMs: number) {
    this.#log = log;
    this.#noticeMs = noticeMs;
    this.requested = aborted(this.#request.signal);
    this.noticed = aborted(this.#notice.signal);
    this.forced = aborted(this.#force.signal);
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  note(name: NodeJS.Signals): void {
    const now = performance.now();
    if (now - this.#notedAtMs <= sameRequestMs) return;
    this.#notedAtMs = now;
    if (!this.#request.signal.aborted) {
      this.#begin(name);
    } else if (!this.#notice.signal.aborted) {
      this.#log.info(`${name} was received again: the notice is over.`);
      this.endNotice();
    } else if (!this.#force.signal.aborted) {
      this.#log.warn(`${name} was received again: ending at once.`);
      this.#force.abort();
    }
  }

  endNotice(): void {
    this.#notice.abort();
  }

  #begin(name: NodeJS.Signals): void {
    const noticeMs = name === 'SIGINT' || this.#notice.signal.aborted ? 0 : this.#noticeMs;
    if (noticeMs === 0) {
      this.#log.info(`${name} was received: finishing what is under way.`);
      this.endNotice();
    } else {
      this.#log.info(
        `${name} was received: serving for ${noticeMs / 1_000} s more, and then finishing what is under way.`,
      );
      setTimeout(() => {
        this.endNotice();
      }, noticeMs).unref();
    }
    this.#request.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
