export { LogCorrupt, LogUnavailable, OutcomeUnknown } from './log.js';
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
  Head,
  HeadLock,
  KeyDigest,
  ProposedEvent,
  ProposedKey,
  ReadRequest,
  RecordedCommit,
  RecordedEvent,
  RecordedKey,
  Snapshot,
  SnapshotInfo,
  TimelineId,
  TimelineRecord,
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
