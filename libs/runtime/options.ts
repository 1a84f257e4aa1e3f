import type { EventLog } from '#event-log';
import type { ProcessClock } from './clock.js';
import type { MemoryStatus } from './contract.js';
import type { DatabaseReports } from './database-watch.js';

/** Told of what operators should know; the caller logs and counts it. */
export interface RuntimeReports extends DatabaseReports {
  /** A snapshot that is bad, foreign or ahead of the log was not used. */
  readonly snapshotPassedOver?: (problem: {
    readonly timeline: string;
    readonly version: number;
    readonly detail: string;
  }) => void;
  /** There is no room for a state, and work is refused for it: told once for a time of refusals. */
  readonly memoryShort?: (memory: MemoryStatus) => void;
  /** A snapshot could not be taken; commands are not affected. */
  readonly snapshotFailed?: (problem: { readonly timeline: string; readonly error: unknown }) => void;
  /** What time makes due on a timeline could not be decided; the others' ticks go on. */
  readonly tickFailed?: (problem: { readonly timeline: string; readonly error: unknown }) => void;
  /** The log's history was taken back under a live timeline, which was rebuilt. */
  readonly rewound?: (problem: { readonly timeline: string; readonly detail: string }) => void;
  /** A timeline's log cannot be gone on with from that version; the others go on. */
  readonly stopped?: (problem: {
    readonly timeline: string;
    readonly version: number;
    readonly reason: string;
  }) => void;
  /** A timeline was folded: from which snapshot (0: none), to which version, in how many ms. */
  readonly loaded?: (loaded: {
    readonly timeline: string;
    readonly version: number;
    readonly snapshotVersion: number;
    readonly ms: number;
  }) => void;
  /** A rebuilt state is served now; `differed` says that the one before was not what the log gives. */
  readonly takenOver?: (taken: {
    readonly timeline: string;
    readonly version: number;
    readonly differed: boolean;
  }) => void;
  /** A rebuilt state could not be put in the place of the live one; it is tried again. */
  readonly takeOverFailed?: (problem: { readonly timeline: string; readonly error: unknown }) => void;
  /** A replay ended because of a fault that nobody foresaw. */
  readonly replayFailed?: (problem: {
    readonly id: string;
    readonly timeline: string;
    readonly error: unknown;
  }) => void;
  /** A group commit is durable: how many works and events, in how many ms. */
  readonly committed?: (group: { readonly commands: number; readonly events: number; readonly ms: number }) => void;
}

/** What a runtime stands on, and its limits. */
export interface RuntimeOptions {
  readonly log: EventLog;
  /**
   * The same log on connections of its own, for what is read of the past and in lists: neither waits for writers, nor they for
   * it. `log` where it is not given.
   */
  readonly reads?: EventLog;
  /** The same for the poll of heads, from which it is known whether the database answers, however busy all others are. */
  readonly heads?: EventLog;
  /** Fingerprint of the built domain: snapshots of another are passed over. */
  readonly reducer: string;
  readonly timelinesLoadedMax: number;
  readonly timelineIdleSeconds: number;
  readonly commandsQueuedMax: number;
  readonly eventsPerCommitMax: number;
  readonly commandDeadlineMs: number;
  readonly streamsMax: number;
  readonly followPollMs: number;
  readonly snapshotIntervalSeconds: number;
  readonly snapshotEveryEvents: number;
  readonly snapshotKeep: number;
  readonly documentsMax: number;
  readonly documentBytesMax: number;
  /** Bytes that all states of this process may take in memory; where it is not given, by the limit of its heap. */
  readonly statesBytesMax?: number | undefined;
  /** Bytes that one timeline's state may grow to; half of all where it is not given. */
  readonly stateBytesPerTimelineMax?: number | undefined;
  /** How many processes share this machine's memory; 1 where it is not given. */
  readonly processes?: number;
  /** Past states that are folded at once; 2 where it is not given. */
  readonly pastStatesMax?: number;
  /** Replays that this process works on at once; 2 where it is not given. */
  readonly replaysMax?: number;
  /** How often it looks for replays that nobody works on. */
  readonly replayPollMs?: number;
  /** A replay whose process says nothing for so long is taken over. */
  readonly replayLeaseMs?: number;
  /** How often the process that works on a replay says how far it is. */
  readonly replayReportMs?: number;
  /** How often time is looked at: markets that expire, yield that is due. */
  readonly tickMs?: number;
  readonly processClock?: ProcessClock;
  readonly reports?: RuntimeReports;
}
