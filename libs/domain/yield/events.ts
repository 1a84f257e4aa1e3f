import type { MicroText } from '../units.js';

export interface ApyChanged {
  readonly type: 'ApyChanged';
  readonly data: { readonly apyPpm: number };
}

/** One event for all stakers: `total` went from issuance to the payable, from where stakes are credited when touched. */
export interface YieldDistributed {
  readonly type: 'YieldDistributed';
  readonly data: {
    readonly rule: string;
    readonly throughMs: number;
    /** G at `throughMs`, in ppm × ms, decimal digits. */
    readonly integral: string;
    readonly total: MicroText;
  };
}

export type YieldEvent = ApyChanged | YieldDistributed;
