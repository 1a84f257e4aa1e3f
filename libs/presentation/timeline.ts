import { formatDecimal, type JsonValue, type ReadableState } from '#domain';
import type { SnapshotInfo, TimelineRecord } from '#event-log';
import type { LiveView } from '#runtime';
import { clockView, settingsView, type ClockView, type SettingsView } from './settings.js';
import { formatTime } from './time.js';

/** The timeline that exists from the start, on the wall clock. */
export const MASTER = 'REALITY';

/** How far a timeline's life is. */
export type TimelineStatus = 'master' | 'active' | 'completed' | 'archived';

/** A timeline, all of it at one version. */
export interface TimelineView extends ClockView {
  readonly name: string;
  readonly status: TimelineStatus;
  readonly version: number;
  readonly now: string;
  readonly parent: string | null;
  /** The version up to which its log is its parent's; null for a root. */
  readonly forkVersion: number | null;
  /** What it came to, once it is completed. */
  readonly result: JsonValue;
  /** What it decides by. */
  readonly settings: SettingsView;
  readonly stats: ReadableState['stats'];
  readonly moneySupply: string;
  readonly chainHash: string;
}

/** A timeline in a list, as the log knows it without loading it. */
export interface TimelineEntryView {
  readonly name: string;
  readonly status: TimelineStatus;
  readonly parent: string | null;
  readonly forkVersion: number | null;
  readonly version: number;
  readonly chainHash: string;
  readonly createdAt: string;
  /** Timeline time of the last event. */
  readonly lastEventAt: string;
  /** The database's time when it was recorded. */
  readonly lastRecordedAt: string;
}

/** A stored snapshot. */
export interface SnapshotView {
  readonly version: number;
  /** SHA-256 of the state there: the state hash. */
  readonly stateHash: string;
  readonly chainHash: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly format: number;
  readonly reducer: string;
  readonly takenAt: string;
}

/** A live timeline in HTTP units. */
export function timelineView({ timeline, parent, state, version, chainHash, nowMs }: LiveView): TimelineView {
  const { lifecycle, stats, ledger } = state;
  return {
    name: timeline,
    status: timeline === MASTER ? 'master' : lifecycle.status === 'absent' ? 'active' : lifecycle.status,
    version,
    ...clockView(lifecycle),
    now: formatTime(nowMs),
    parent: parent?.name ?? null,
    forkVersion: parent?.forkVersion ?? null,
    result: lifecycle.status === 'completed' || lifecycle.status === 'archived' ? lifecycle.result : null,
    settings: settingsView(state.settings),
    stats,
    moneySupply: formatDecimal(0n - ledger.issuance),
    chainHash,
  };
}

/** A timeline as the log has it. */
export const timelineEntryView = (record: TimelineRecord): TimelineEntryView => ({
  name: record.name,
  status: statusOf(record),
  parent: record.parent?.name ?? null,
  forkVersion: record.parent?.forkVersion ?? null,
  version: record.head.version,
  chainHash: record.head.hash,
  createdAt: formatTime(record.createdAtMs),
  lastEventAt: formatTime(record.last.atMs),
  lastRecordedAt: formatTime(record.last.recordedAtMs),
});

/** The last event tells: nothing comes after a timeline's end but its archiving. */
export function statusOf({ name, last }: TimelineRecord): TimelineStatus {
  if (name === MASTER) return 'master';
  switch (last.type) {
    case 'TimelineCompleted':
      return 'completed';
    case 'TimelineArchived':
      return 'archived';
    default:
      return 'active';
  }
}

/** What is told of a snapshot. */
export const snapshotView = (snapshot: SnapshotInfo): SnapshotView => ({
  version: snapshot.version,
  stateHash: snapshot.stateHash,
  chainHash: snapshot.chainHash,
  sizeBytes: snapshot.sizeBytes,
  sha256: snapshot.sha256,
  format: snapshot.format,
  reducer: snapshot.reducer,
  takenAt: formatTime(snapshot.takenAtMs),
});
