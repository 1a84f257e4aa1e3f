import type { EventLog } from '#event-log';
import type { ProcessClock } from './clock.js';

/** Told of what operators should know; the caller logs and counts it. */
export interface RuntimeReports {
  /** A snapshot that is bad, foreign or ahead of the log was not used. */
  readonly snapshotPassedOver?: (problem: {
    readonly timeline: string;
    readonly version: number;
    readonly detail: string;
  }) => void;
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
  /** A group commit is durable: how many works and events, in how many ms. */
  readonly committed?: (group: { readonly commands: number; readonly events: number; readonly ms: number }) => void;
}

/** What a runtime stands on, and its limits. */
export interface RuntimeOptions {
  readonly log: EventLog;
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
  /** Past states that are folded at once; 2 where it is not given. */
  readonly pastStatesMax?: number;
  /** How often time is looked at: markets that expire, yield that is due. */
  readonly tickMs?: number;
  readonly processClock?: ProcessClock;
  readonly reports?: RuntimeReports;
}
