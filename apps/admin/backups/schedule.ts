import { setTimeout as sleep } from 'node:timers/promises';

/** A machine that slept wakes up within it. */
const napMs = 60_000;

/** When something is to be done. */
export interface Schedule {
  readonly everyMs: number;
  /** When it was done last, ms since the Unix epoch; absent: at once. */
  readonly lastMs?: number | undefined;
  readonly stopping: AbortSignal;
}

/**
 * Does something again and again, `everyMs` from one beginning to the next, until it is to stop; what is under way comes to
 * its end. A beginning that passed while it was done is left out.
 *
 * @param attempt must not reject
 */
export async function bySchedule({ everyMs, lastMs, stopping }: Schedule, attempt: () => Promise<void>): Promise<void> {
  let dueMs = lastMs === undefined ? 0 : lastMs + everyMs;
  for (;;) {
    await sleepUntil(dueMs, everyMs, stopping);
    if (stopping.aborted) return;
    const beganMs = Date.now();
    await attempt();
    const passed = Math.floor(Math.max(0, Date.now() - beganMs) / everyMs);
    dueMs = beganMs + (passed + 1) * everyMs;
  }
}

/** Never longer than from one time to the next, whatever was done to the clock. */
async function sleepUntil(dueMs: number, everyMs: number, stopping: AbortSignal): Promise<void> {
  let leftMs = everyMs;
  for (;;) {
    const nap = Math.min(dueMs - Date.now(), leftMs, napMs);
    if (nap <= 0 || stopping.aborted) return;
    leftMs -= nap;
    await sleep(nap, undefined, { signal: stopping }).catch(() => undefined);
  }
}
