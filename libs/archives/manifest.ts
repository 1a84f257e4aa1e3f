import type { TimelineToRestore } from '#event-log';

/** One timeline of an archive: its name, parent, genesis hash, the head that the archive goes up to, and when it was created. */
export type ArchivedTimeline = TimelineToRestore;

/** The first line of an archive: what is in it. */
export interface ArchiveManifest {
  /** The version of the format. */
  readonly seedArchive: 1;
  /** When it was begun, ISO 8601. */
  readonly createdAt: string;
  /** Parents before their forks. */
  readonly timelines: readonly ArchivedTimeline[];
}
