import type { ReadableState } from '../state.js';
import { TIME_MAX_MS } from '../units.js';

/** What the time of a timeline depends on. */
type Timed = Pick<ReadableState, 'lifecycle' | 'nowMs'>;

/**
 * The timeline's time, ms since the Unix epoch, when the database's clock shows `databaseMs`. Whoever needs to know what
 * time it is in a timeline asks this: decisions, ticks, what falls due, and views.
 *
 * A virtual clock stands at the last event, whatever the timeline's status. A wall clock runs with the database's, its
 * offset added, until the timeline is completed or archived; from then on it stands at the last event too, so that nothing
 * accrues and nothing falls due in what has ended. No clock runs backwards, or past the year 9999.
 */
export function timelineTimeMs(timed: Timed, databaseMs: number): number {
  const { lifecycle, nowMs } = timed;
  if (!runsByItself(timed)) return nowMs;
  const offsetMs = lifecycle.status === 'absent' ? 0 : lifecycle.offsetMs;
  return Math.max(nowMs, Math.min(databaseMs + offsetMs, TIME_MAX_MS));
}

/** Whether time passes without a command: until a timeline is created too, so that its first command knows when it is. */
export const runsByItself = ({ lifecycle }: Pick<Timed, 'lifecycle'>): boolean =>
  lifecycle.status === 'absent' || (lifecycle.status === 'active' && lifecycle.clock === 'wall');
