import { setTimeout as sleep } from 'node:timers/promises';

const waitMs = { first: 100, most: 3_000 };

export interface Attempts {
  /** Whether the error passes by itself; any other ends the attempts. */
  readonly passes: (error: unknown) => boolean;
  /** Told each reason once, so that an outage is a line or two and not thousands. */
  readonly onTrouble: (reason: string, error: unknown) => void;
  /** Ends the attempts. */
  readonly signal: AbortSignal;
}

/** Tries until it succeeds, waiting longer each time. Rejects with an error that does not pass, or when it is aborted. */
export async function tryAgain<T>(attempt: () => Promise<T>, { passes, onTrouble, signal }: Attempts): Promise<T> {
  let wait = waitMs.first;
  const told = new Set<string>();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!passes(error)) throw error;
      const reason = reasonOf(error);
      if (!told.has(reason)) onTrouble(reason, error);
      told.add(reason);
    }
    await sleep(wait, undefined, { signal });
    wait = Math.min(wait * 2, waitMs.most);
  }
}

/** A connection tried at several addresses fails with one error for each and no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
