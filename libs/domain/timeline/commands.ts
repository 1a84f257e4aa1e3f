import type { ClockKind, JsonValue, Settings } from './state.js';

/** The first command of a timeline. */
export interface CreateTimeline {
  readonly type: 'CreateTimeline';
  readonly clock: ClockKind;
  /** Where a virtual clock starts, ms since the Unix epoch; a wall clock starts now. */
  readonly startAtMs?: number;
  readonly apyPpm?: number;
  readonly settings?: Partial<Settings>;
}

/** Moves a virtual clock; everything that falls due on the way happens at its own time. */
export type AdvanceClock =
  { readonly type: 'AdvanceClock'; readonly toMs: number } | { readonly type: 'AdvanceClock'; readonly byMs: number };

/** Ends a timeline: it keeps its result and takes no more commands but `ArchiveTimeline`. */
export interface CompleteTimeline {
  readonly type: 'CompleteTimeline';
  /** What came of it, any JSON value; null where nothing is said. */
  readonly result: JsonValue;
}

/** Puts a timeline away: it takes no more commands. */
interface ArchiveTimeline {
  readonly type: 'ArchiveTimeline';
}

/** From where the wall clock of a fork runs on: from the fork's time, or from the database's, which is later as a rule. */
export type ForkStart = 'fork' | 'now';

/** How a fork differs from its parent at the fork version. */
export interface ForkTerms {
  /** Absent: virtual, standing at the fork's time. */
  readonly clock?: ClockKind;
  /** For a wall clock alone; absent: from the fork's time. */
  readonly runsFrom?: ForkStart;
  /** Those that change. */
  readonly settings?: Partial<Settings>;
  readonly reason?: string;
}

export type TimelineCommand = CreateTimeline | AdvanceClock | CompleteTimeline | ArchiveTimeline;
