import type { EventLog, Head, TimelineId } from '#event-log';
import type { Replacement } from './commit-loop-options.js';
import { TimelineStopped } from './contract.js';
import { foldTail } from './fold.js';

/**
 * Folds a state on to a head of the log; false where the log cannot be read that far or has another history there, and it
 * may be tried anew later. Throws `TimelineStopped` where the state cannot be folded on: then the log itself cannot be gone
 * on with.
 */
export async function reaches(
  log: EventLog,
  { timelineId, state, head }: Pick<Replacement, 'state' | 'head'> & { readonly timelineId: TimelineId },
  at: Head,
): Promise<boolean> {
  if (head.version > at.version) return false;
  try {
    const reached = await foldTail(log, { timelineId, state, head, toVersion: at.version });
    return reached.version === at.version && reached.hash === at.hash;
  } catch (error) {
    if (error instanceof TimelineStopped) throw error;
    return false;
  }
}
