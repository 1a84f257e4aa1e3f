/** What agents share of the world besides its events. */
export interface World {
  /** 0 to 1,000,000 ppm. */
  readonly globalTensionPpm: number;
  readonly recentReasoning: string;
  /** The last 1,000 lines. */
  readonly eventLog: readonly string[];
}

export const EVENT_LOG_LINES_MAX = 1_000;
export const CALM_WORLD: World = { globalTensionPpm: 0, recentReasoning: '', eventLog: [] };
