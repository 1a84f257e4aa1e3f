import type { FirstDifference, Replay } from '#runtime';
import { presentRecord } from '../presentation/records.js';
import { formatTime } from '../presentation/time.js';
import { anyObject, instant, listOf, object, oneOf, orNull, whole, words, yesOrNo } from '../reference/schemas.js';

/** A replay as HTTP shows it. */
export interface ReplayView extends Omit<Replay, 'toVersion' | 'createdAtMs' | 'finishedAtMs' | 'firstDifference'> {
  readonly to: number | null;
  readonly firstDifference: unknown;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

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

const firstDifferenceSchema = object({
  version: whole,
  lastAlike: whole,
  where: oneOf('snapshot', 'live'),
  detail: words,
  differences: listOf(object({ section: words, id: words, left: orNull(anyObject), right: orNull(anyObject) })),
});

export const replaySchema = object({
  id: words,
  timeline: words,
  mode: oneOf('verify', 'rebuild'),
  status: oneOf('running', 'completed', 'failed', 'cancelled'),
  to: orNull(whole),
  version: whole,
  of: orNull(whole),
  eventsPerSecond: whole,
  etaMs: orNull(whole),
  stateHash: orNull(words),
  matches: orNull(yesOrNo),
  firstDifference: orNull(firstDifferenceSchema),
  failure: orNull(object({ version: orNull(whole), reason: words })),
  owner: orNull(words),
  attempts: whole,
  createdAt: instant,
  finishedAt: orNull(instant),
});
