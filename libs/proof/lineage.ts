import type { ChainHash, EventLog, TimelineId, TimelineRecord } from '#event-log';

/** The part of a timeline's history that one timeline of its ancestry keeps: versions above `after`, up to `to`. */
export interface Stretch {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly genesisHash: ChainHash;
  readonly after: number;
  readonly to: number;
  /** Whether it is the timeline's own, which ends at the head. */
  readonly isOwn: boolean;
}

/** A timeline as its rows of `timeline` have it now: what logs remember of an ancestry is not asked. */
export interface Lineage {
  readonly record: TimelineRecord;
  /** Oldest first; the last one is its own and ends at the head. */
  readonly stretches: readonly Stretch[];
}

/** Undefined where there is no timeline of that name. */
export async function readLineage(log: Pick<EventLog, 'findTimeline'>, timeline: string): Promise<Lineage | undefined> {
  const record = await log.findTimeline(timeline);
  if (record === undefined) return undefined;
  const stretches = [stretchOf(record, { to: record.head.version, isOwn: true })];
  let { parent } = record;
  let branchesOffAt = parent?.forkVersion ?? 0;
  while (parent !== null) {
    const ancestor = await log.findTimeline(parent.name);
    if (ancestor === undefined) break;
    const stretch = stretchOf(ancestor, { to: branchesOffAt, isOwn: false });
    // A fork may branch off below its parent's own fork version; then nothing of the parent is part of it.
    if (stretch.after < stretch.to) {
      stretches.unshift(stretch);
      branchesOffAt = stretch.after;
    }
    ({ parent } = ancestor);
  }
  return { record, stretches };
}

const stretchOf = (
  { timelineId, name, genesisHash, parent }: TimelineRecord,
  end: Pick<Stretch, 'to' | 'isOwn'>,
): Stretch => ({
  timelineId,
  name,
  genesisHash,
  after: parent?.forkVersion ?? 0,
  ...end,
});
