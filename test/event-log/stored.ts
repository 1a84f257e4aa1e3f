import {
  checkCommit,
  genesisHead,
  type CommitWithEvents,
  type EventLog,
  type Head,
  type TimelineId,
  type TimelineRecord,
} from '#event-log';

/** A timeline's stored commits after a version. */
export async function readAll(log: EventLog, timelineId: TimelineId, afterVersion = 0): Promise<CommitWithEvents[]> {
  const commits: CommitWithEvents[] = [];
  for await (const commit of log.readCommits({ timelineId, afterVersion })) commits.push(commit);
  return commits;
}

/** The head that the stored rows add up to, every link and every seal checked. */
export async function verifiedHead(log: EventLog, timeline: TimelineRecord): Promise<Head> {
  let head = genesisHead();
  for await (const commit of log.readCommits({ timelineId: timeline.timelineId, afterVersion: 0 })) {
    head = checkCommit(head, commit);
  }
  return head;
}
