import type { FirstDifference, Replay } from '#runtime';
import { presentRecord } from './records.js';
import { formatTime } from './time.js';

/** A replay as clients see it. */
export interface ReplayView extends Omit<Replay, 'toVersion' | 'createdAtMs' | 'finishedAtMs' | 'firstDifference'> {
  readonly to: number | null;
  readonly firstDifference: unknown;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

/** Times as ISO 8601 and amounts as decimals. */
export function replayView(replay: Replay): ReplayView {
  const { toVersion, createdAtMs, finishedAtMs, firstDifference, ...fields } = replay;
  return {
    ...fields,
    to: toVersion,
    firstDifference: firstDifference && differenceView(firstDifference),
    createdAt: formatTime(createdAtMs),
    finishedAt: finishedAtMs === null ? null : formatTime(finishedAtMs),
  };
}

const differenceView = ({ differences, ...found }: FirstDifference) => ({
  ...found,
  differences: differences.map(({ section, id, left, right }) => ({
    section,
    id,
    left: presentRecord(left),
    right: presentRecord(right),
  })),
});
