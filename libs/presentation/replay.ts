import type { FirstDifference, Replay } from '#runtime';
import { differenceView, type DifferenceView } from './comparison.js';
import { formatTime } from './time.js';

/** A replay as clients see it. */
export interface ReplayView extends Omit<Replay, 'toVersion' | 'createdAtMs' | 'finishedAtMs' | 'firstDifference'> {
  /** The version that was asked for; null: the head. */
  readonly to: number | null;
  readonly firstDifference:
    (Omit<FirstDifference, 'differences'> & { readonly differences: readonly DifferenceView[] }) | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

/** A replay in HTTP units. */
export function replayView(replay: Replay): ReplayView {
  const { toVersion, createdAtMs, finishedAtMs, firstDifference: found, ...fields } = replay;
  return {
    ...fields,
    to: toVersion,
    firstDifference: found && { ...found, differences: found.differences.map(differenceView) },
    createdAt: formatTime(createdAtMs),
    finishedAt: finishedAtMs === null ? null : formatTime(finishedAtMs),
  };
}
