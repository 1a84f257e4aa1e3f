export { ArchiveDamaged, ArchiveTooLarge, ArchiveUnsound, type ArchivePlace } from './archive-damaged.js';
export { checkArchive, type CheckedArchive } from './check-archive.js';
export type { OnEvents } from './count-events.js';
export {
  checkRenaming,
  importArchive,
  type ImportedTimeline,
  type ImportOutcome,
  type Renaming,
  type RenamingRefused,
} from './import-archive.js';
export type { ArchivedTimeline, ArchiveManifest } from './manifest.js';
export { TimelineNotInLog } from './plan-archive.js';
export { proveApart, type ProveApartOptions } from './prove-apart.js';
export { proveArchive } from './prove-archive.js';
export type { ArchiveSource } from './read-lines.js';
export { writeArchive, type ArchiveSelection } from './write-archive.js';
