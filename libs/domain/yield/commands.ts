/** Sets the rate for all stakes from now on. */
export interface ChangeApy {
  readonly type: 'ChangeApy';
  readonly apyPpm: number;
}

/** Distributes what accrued through now; nothing if the last distribution is less than a second ago. */
export interface DistributeYield {
  readonly type: 'DistributeYield';
}

/** The system's tick: distributes through the last whole multiple of the timeline's interval. */
export interface PayScheduledYield {
  readonly type: 'PayScheduledYield';
}

export type YieldCommand = ChangeApy | DistributeYield | PayScheduledYield;
