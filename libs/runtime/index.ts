/** Live timelines: queue, group commit, catch-up, snapshots, clocks and following, over an event log. */
export { systemClock, CLOCK_DIFFERENCE_MAX_MS, type ProcessClock } from './clock.js';
export {
  ClockDisagreement,
  CommandFault,
  DeadlineExceeded,
  Draining,
  Overloaded,
  TimelineStopped,
  TimelineUnknown,
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
export { reducerFingerprint } from './reducer.js';
export { openRuntime, type RuntimeOptions, type RuntimeReports } from './runtime.js';
