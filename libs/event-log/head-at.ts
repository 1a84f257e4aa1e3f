import { checkCommit, genesisHead } from './chain.js';
import type { EventLog, Head, TimelineId } from './log.js';

/**
 * The chain hash at a version, for a fork or a snapshot to stand on: what a commit stores at its last version, the link
 * within it. Undefined where the timeline has no such version. Throws `LogCorrupt` where the rows around it were changed.
 */
export async function headAt(
  log: Pick<EventLog, 'findCommit' | 'readCommits'>,
  timelineId: TimelineId,
  version: number,
): Promise<Head | undefined> {
  const commit = await log.findCommit(timelineId, version);
  if (commit === undefined) return undefined;
  if (commit.lastVersion === version) return { version, hash: commit.hash };
  const before = commit.firstVersion - 1;
  let head = before === 0 ? genesisHead() : await headAt(log, timelineId, before);
  if (head === undefined) return undefined;
  for await (const part of log.readCommits({ timelineId, afterVersion: before, toVersion: version })) {
    head = checkCommit(head, part);
  }
  return head;
}
