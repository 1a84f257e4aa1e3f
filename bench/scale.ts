/** How large a run is. Every size and every duration stands here, so that a run is bounded in both. */
export interface Scale {
  readonly name: 'small' | 'full';
  /** A median is taken of so many rounds of each contender. */
  readonly rounds: number;
  /** How long one round of callers or clients lasts, ms. */
  readonly roundMs: number;
  /** Commands that one round issues at most. */
  readonly commandsPerRoundMax: number;
  /** Batches of 1,000 that one round sends. */
  readonly batchesPerRound: number;
  readonly logShortEvents: number;
  readonly logLongEvents: number;
  /** Events of the peer's stream that is replayed: it holds all of them in memory at once. */
  readonly peerReplayEvents: number;
  readonly marketsMany: number;
  readonly stakersMany: number;
  /** Agents of the state that is snapshotted under load, and that memory is measured with. */
  readonly agentsMany: number;
  /** Markets of the state that memory is measured with. */
  readonly marketsInMemory: number;
  /** Events written to measure how many bytes each takes. */
  readonly storedEvents: number;
  /** How long latency is watched at a fixed rate, ms. */
  readonly latencyMs: number;
}

/** Some minutes at most, on a machine that does other things too. */
const small: Scale = {
  name: 'small',
  rounds: 3,
  roundMs: 800,
  commandsPerRoundMax: 100_000,
  batchesPerRound: 10,
  logShortEvents: 10_000,
  logLongEvents: 200_000,
  peerReplayEvents: 50_000,
  marketsMany: 10_000,
  stakersMany: 10_000,
  agentsMany: 10_000,
  marketsInMemory: 1_000,
  storedEvents: 20_000,
  latencyMs: 3_000,
};

/** The sizes that the targets name. */
const full: Scale = {
  name: 'full',
  rounds: 5,
  roundMs: 3_000,
  commandsPerRoundMax: 1_000_000,
  batchesPerRound: 40,
  logShortEvents: 10_000,
  logLongEvents: 1_000_000,
  peerReplayEvents: 200_000,
  marketsMany: 100_000,
  stakersMany: 100_000,
  agentsMany: 100_000,
  marketsInMemory: 10_000,
  storedEvents: 200_000,
  latencyMs: 15_000,
};

export const SCALES = { small, full } satisfies Record<Scale['name'], Scale>;
