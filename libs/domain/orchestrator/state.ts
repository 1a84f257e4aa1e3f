import type { MarketId, WorldEventId } from '../units.js';

/** Every domain of an event or a market. */
export const DOMAINS = ['finance', 'crypto', 'sports', 'politics', 'geopolitics', 'entertainment', 'unknown'] as const;
/** What an event or a market is about. */
export type Domain = (typeof DOMAINS)[number];

/** Every duration of a market, shortest first. */
export const DURATIONS = ['micro', 'narrative', 'macro'] as const;
/** How long a market is open by default: a day, a week or thirty days. */
export type Duration = (typeof DURATIONS)[number];

/** What the orchestrator makes of an event: opens a market, marks it for agents to react, or keeps it as noise. */
export type Reaction = 'market' | 'react' | 'noise';

/** What virality is computed from, in millionths. */
export interface ViralityInputs {
  /** −1,000,000 to 1,000,000. */
  readonly sentiment: number;
  readonly socialVolume: number;
  readonly newsVelocity: number;
  readonly assetVolatility: number;
}

/** What a client says of an event. The same id with other content is refused. */
export interface WorldEventContent {
  readonly eventId: WorldEventId;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly url: string;
  /** ms since the Unix epoch; null where the client gave none. */
  readonly publishedAtMs: number | null;
  readonly inputs: ViralityInputs;
}

export interface WorldEvent extends WorldEventContent {
  readonly domain: Domain;
  readonly duration: Duration;
  /** As the client gave them; null where the orchestrator classified. */
  readonly givenDomain: Domain | null;
  readonly givenDuration: Duration | null;
  /** 0 to 1000. */
  readonly viralityTenths: number;
  readonly reaction: Reaction;
  readonly ingestedAtMs: number;
  /** The market opened by the same command. */
  readonly marketId: MarketId | null;
  /** Why an automatic market was not opened. */
  readonly marketRefused: string | null;
  /** Version of the ingestion and of the command's last event. */
  readonly version: number;
}

export interface Stats {
  readonly eventsProcessed: number;
  readonly marketsCreated: number;
  readonly marketsAutoCreated: number;
}

export const NO_STATS: Stats = { eventsProcessed: 0, marketsCreated: 0, marketsAutoCreated: 0 };
