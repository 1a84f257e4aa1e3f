import { micro, MICRO_PER_UNIT, type Micro } from '../units.js';

/** What moves a timeline's time: the database's clock, or commands. */
export type ClockKind = 'wall' | 'virtual';

/** What JSON can say. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

interface Existing {
  readonly clock: ClockKind;
  /** What a wall clock shows more than the database's, ms; below 0 where it runs in the past. 0 on a virtual clock. */
  readonly offsetMs: number;
  readonly createdAtMs: number;
}

/** Whether the timeline takes commands, and what moves its time. Not part of the state hash. */
export type Lifecycle =
  | { readonly status: 'absent' }
  | ({ readonly status: 'active' } & Existing)
  | ({ readonly status: 'completed'; readonly result: JsonValue } & Existing)
  /** `result` is null where it was archived without having been completed. */
  | ({ readonly status: 'archived'; readonly result: JsonValue } & Existing);

export const NOT_CREATED: Lifecycle = { status: 'absent' };

/** What a timeline decides by; written with its first event. */
export interface Settings {
  /** Virality from which agents are to react, in tenths. */
  readonly reactAtTenths: number;
  /** Virality from which a market is opened, in tenths. */
  readonly autoMarketAtTenths: number;
  /** Interval of the yield ticks. */
  readonly tickSeconds: number;
  /** Default liquidity of a market. */
  readonly liquidity: Micro;
  /** Default fee of a market. */
  readonly feeBps: number;
}

/** Settings of a timeline that names none. */
export const DEFAULT_SETTINGS: Settings = {
  reactAtTenths: 500,
  autoMarketAtTenths: 800,
  tickSeconds: 10,
  liquidity: micro(1_000n * MICRO_PER_UNIT),
  feeBps: 300,
};

export const DEFAULT_APY_PPM = 50_000;
