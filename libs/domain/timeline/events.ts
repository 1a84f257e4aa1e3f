import type { MicroText } from '../units.js';
import type { ClockKind, JsonValue } from './state.js';

/** Version 1 of every root timeline. */
export interface TimelineCreated {
  readonly type: 'TimelineCreated';
  readonly data: {
    readonly clock: ClockKind;
    readonly startAtMs: number;
    readonly apyPpm: number;
    readonly settings: StoredSettings;
  };
}

interface StoredSettings {
  readonly reactAtTenths: number;
  readonly autoMarketAtTenths: number;
  readonly tickSeconds: number;
  readonly liquidity: MicroText;
  readonly feeBps: number;
}

/** The first event of a fork's own, at the timeline time of the fork version. */
export interface TimelineForked {
  readonly type: 'TimelineForked';
  readonly data: {
    readonly clock: ClockKind;
    /**
     * Since version 2: what a wall clock shows more than the database's, ms. Counted anew at each fork, whatever the
     * parent's is. 0 on a virtual clock, and where the fork was to run from now on.
     */
    readonly offsetMs: number;
    /** Those that differ from the parent's. */
    readonly settings?: Partial<StoredSettings>;
    readonly reason?: string;
  };
}

export interface TimelineCompleted {
  readonly type: 'TimelineCompleted';
  readonly data: { readonly result: JsonValue };
}

export interface TimelineArchived {
  readonly type: 'TimelineArchived';
  readonly data: Readonly<Record<string, never>>;
}

interface ClockAdvanced {
  readonly type: 'ClockAdvanced';
  readonly data: { readonly toMs: number };
}

export type TimelineEvent = TimelineCreated | TimelineForked | ClockAdvanced | TimelineCompleted | TimelineArchived;
