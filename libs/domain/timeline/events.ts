import type { MicroText } from '../units.js';
import type { ClockKind } from './state.js';

/** Version 1 of every root timeline. */
export interface TimelineCreated {
  readonly type: 'TimelineCreated';
  readonly data: {
    readonly clock: ClockKind;
    readonly startAtMs: number;
    readonly apyPpm: number;
    readonly settings: {
      readonly reactAtTenths: number;
      readonly autoMarketAtTenths: number;
      readonly tickSeconds: number;
      readonly liquidity: MicroText;
      readonly feeBps: number;
    };
  };
}

interface ClockAdvanced {
  readonly type: 'ClockAdvanced';
  readonly data: { readonly toMs: number };
}

export type TimelineEvent = TimelineCreated | ClockAdvanced;
