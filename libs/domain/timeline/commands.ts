import type { ClockKind, Settings } from './state.js';

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

export type TimelineCommand = CreateTimeline | AdvanceClock;
