import type { EventLog, Head, TimelineId, TimelineRecord } from '#event-log';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';

/** An archive was asked for of a timeline that is not in the log. */
export class TimelineNotInLog extends Error {
  override readonly name = 'TimelineNotInLog';
}

/** What an archive will hold, decided before its first byte. */
export interface ArchivePlan {
  readonly manifest: ArchiveManifest;
  /** The timelines of the manifest, in its order, by number in the log. */
  readonly timelineIds: readonly TimelineId[];
}

const ALL = 2_147_483_647;

/**
 * Takes the heads of all timelines in one statement: whatever is written from then on is no part of the archive, and so what
 * it holds is the log as it was at one moment.
 */
export async function planArchive(log: EventLog, timeline: string | null): Promise<ArchivePlan> {
  const createdAtMs = await log.databaseTimeMs();
  const all = await log.listTimelines({ afterName: null, limit: ALL });
  const chosen = timeline === null ? all.map(withHead) : await withAncestry(log, all, timeline);
  // A fork is younger than its parent, and numbers only grow.
  chosen.sort((left, right) => left.record.timelineId - right.record.timelineId);
  const createdAt = new Date(createdAtMs).toISOString();
  return {
    manifest: { seedArchive: 1, createdAt, timelines: chosen.map(archivedTimeline) },
    timelineIds: chosen.map(({ record }) => record.timelineId),
  };
}

interface Chosen {
  readonly record: TimelineRecord;
  readonly head: Head;
}

const withHead = (record: TimelineRecord): Chosen => ({ record, head: record.head });

async function withAncestry(log: EventLog, all: readonly TimelineRecord[], name: string): Promise<Chosen[]> {
  const byName = new Map(all.map((record) => [record.name, record]));
  const asked = byName.get(name);
  if (asked === undefined) throw new TimelineNotInLog(`there is no timeline ${name}`);
  const chosen: Chosen[] = [withHead(asked)];
  for (let { parent } = asked; parent !== null;) {
    const record = byName.get(parent.name);
    if (record === undefined) throw new TimelineNotInLog(`there is no timeline ${parent.name}`);
    chosen.push({ record, head: await headOfAncestor(log, record, parent.forkVersion) });
    ({ parent } = record);
  }
  return chosen;
}

/**
 * An ancestor goes up to the end of the commit that its fork branches off in, so that all its commits are whole, and has at
 * least its first, even where the fork branches off below it.
 */
async function headOfAncestor(log: EventLog, record: TimelineRecord, forkVersion: number): Promise<Head> {
  const needed = Math.max(forkVersion, (record.parent?.forkVersion ?? 0) + 1);
  const commit = await log.findCommit(record.timelineId, needed);
  return commit === undefined ? record.head : { version: commit.lastVersion, hash: commit.hash };
}

const archivedTimeline = ({ record, head }: Chosen): ArchivedTimeline => ({
  name: record.name,
  parent: record.parent && { name: record.parent.name, forkVersion: record.parent.forkVersion },
  genesisHash: record.genesisHash,
  head,
  createdAtMs: record.createdAtMs,
});
