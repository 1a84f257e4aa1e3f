import { LogUnavailable } from '#event-log';
import type { ProposedKey, RemoveTimelineOutcome, TimelineId } from '#event-log';
import { integer, text } from './cells.js';
import type { Connections } from './connections.js';
import { orKeyTaken, keyColumns } from './key-columns.js';
import {
  purgeRemovedTimelines,
  removeTimeline as removeTimelineStatement,
  removeTimelineAndBurnKey,
} from './sql/remove-timeline.js';
import { listForks } from './timelines.js';

/** One statement deletes so many rows of each table at most: it must end well within a statement's time. */
const rowsPerPurge = 10_000;
/** So many forks are named to whoever wanted to remove what they stand on. */
const forksNamedMax = 10;

/**
 * Gone for everybody with the first statement; its rows are deleted after that, piece by piece. What a process that died,
 * or lost the database, left of them goes with the next removal.
 */
export async function removeTimeline(
  connections: Connections,
  timelineId: TimelineId,
  key: ProposedKey | null,
): Promise<RemoveTimelineOutcome> {
  const rows = await orKeyTaken(
    key === null
      ? connections.change(removeTimelineStatement, [timelineId])
      : connections.change(removeTimelineAndBurnKey, [timelineId, ...keyColumns(key)]),
  );
  if (rows === 'key-taken') return { status: rows };
  const [row] = rows;
  const outcome = row === undefined ? 'unknown' : text(row, 0);
  if (outcome === 'has-forks') {
    const forks = await listForks(connections, timelineId, forksNamedMax);
    return { status: 'has-forks', names: forks.map(({ name }) => name) };
  }
  if (outcome !== 'removed') return { status: 'unknown' };
  await purge(connections);
  return { status: 'removed' };
}

async function purge(connections: Connections): Promise<void> {
  try {
    for (;;) {
      const [purged] = await connections.rows(purgeRemovedTimelines, [rowsPerPurge]);
      if (purged === undefined || integer(purged, 0) === 0) return;
    }
  } catch (error) {
    // The timeline is removed all the same, and whoever hears of trouble would think that it is not.
    if (!(error instanceof LogUnavailable)) throw error;
  }
}
