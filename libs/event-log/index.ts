export type {
  AccessRole,
  AccessScope,
  AccessStore,
  AuditRecord,
  CreateKeyOutcome,
  NewAccessKey,
  NewAuditRecord,
  RotateKeyOutcome,
  StoredAccessKey,
} from './access.js';
export { headAt } from './head-at.js';
export { LogBusy, LogCorrupt, LogUnavailable, NotStorable, OutcomeUnknown, StorageFull, TimelineGone } from './faults.js';
export type {
  CheckedSnapshot,
  CreateReplayOutcome,
  CreateReplayRequest,
  RecordedReplay,
  ReplayClaim,
  ReplayMode,
  ReplayProgress,
  ReplayResult,
  ReplayStatus,
  ReplayStore,
} from './replays.js';
export type { RestoreOutcome, RestorePart, TimelineToRestore } from './restoring.js';
export type { BeyondHead, ScanRange, StoredCommit, StoredEvent, StoredRows, StrayRows } from './stored-rows.js';
export type {
  AppendOutcome,
  AppendRequest,
  ChainHash,
  CommitWithEvents,
  Confirmation,
  CreateTimelineOutcome,
  CreateTimelineRequest,
  EventLog,
  EventPage,
  ForkPoint,
  Head,
  HeadLock,
  KeyDigest,
  KeysRequest,
  Label,
  ProposedEvent,
  ProposedKey,
  ReadRequest,
  RecordedCommit,
  RecordedEvent,
  RecordedKey,
  RemoveTimelineOutcome,
  SaveLabelOutcome,
  Snapshot,
  SnapshotInfo,
  Stretch,
  TimelineId,
  NameRange,
  TimelineRecord,
  TimelinesPage,
} from './log.js';
export {
  checkCommit,
  extendChain,
  genesisHash,
  genesisHead,
  keyDigest,
  linkCheck,
  linkEvent,
  requestDigest,
  sealCommit,
} from './chain.js';
export { openMemoryLog } from './memory-log.js';
export { assertProposable } from './proposable.js';
