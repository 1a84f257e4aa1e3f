/** Live timelines: queue, group commit, catch-up, snapshots, clocks and following, over an event log. */
export { systemClock, CLOCK_DIFFERENCE_MAX_MS, type ProcessClock } from './clock.js';
export {
  ClockDisagreement,
  CommandFault,
  DeadlineExceeded,
  Draining,
  MomentsReversed,
  Overloaded,
  StateUnknown,
  TimelineStopped,
  TimelineUnknown,
  VersionAhead,
  VersionNotReached,
  type BatchEntry,
  type BatchOutcome,
  type BatchSubmission,
  type CreateTimelineSubmission,
  type ForkOutcome,
  type ForkSubmission,
  type Lineage,
  type LiveTimelineStatus,
  type LiveView,
  type Outcome,
  type PinnedView,
  type ProcessStatus,
  type ReadOptions,
  type RequestKey,
  type Runtime,
  type Submission,
  type VersionProblem,
} from './contract.js';
export type {
  Comparison,
  ComparisonRequest,
  Divergence,
  Followed,
  HeldView,
  Moment,
  Past,
  PastStatus,
  PastView,
  Series,
  SeriesPoint,
  SeriesRequest,
  Step,
  Waiting,
} from './past/contract.js';
export type {
  FirstDifference,
  Replay,
  ReplayOutcome,
  Replays,
  ReplaySubmission,
  ReplayWork,
} from './replay/contract.js';
export { reducerFingerprint } from './reducer.js';
export type { RuntimeOptions, RuntimeReports } from './options.js';
export { openRuntime } from './runtime.js';
