import type { Logger } from 'pino';

/**
 * npm hands a Ctrl-C on that the terminal has sent to the server already, so that one press arrives twice. Only what
 * comes later than this after the first is somebody who does not want to wait.
 */
const sameRequestMs = 1_000;

/** Somebody's wish that this process ends. */
export interface StopRequest {
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Resolves with it. */
  readonly requested: Promise<void>;
  /** Resolves at the second, for somebody who does not want to wait. */
  readonly forced: Promise<void>;
}

/** Listens for SIGTERM and SIGINT. */
export function listenForStop(log: Logger): StopRequest {
  const first = new AbortController();
  const second = new AbortController();
  let firstAtMs = Infinity;
  const note = (name: NodeJS.Signals): void => {
    const now = performance.now();
    if (!first.signal.aborted) {
      firstAtMs = now;
      log.info(`${name} was received: finishing what is under way.`);
      first.abort();
    } else if (now - firstAtMs > sameRequestMs && !second.signal.aborted) {
      log.warn(`${name} was received again: ending at once.`);
      second.abort();
    }
  };
  process.on('SIGTERM', note);
  process.on('SIGINT', note);
  return { signal: first.signal, requested: aborted(first.signal), forced: aborted(second.signal) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
