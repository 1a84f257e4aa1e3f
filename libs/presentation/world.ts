import type { ReadableState, WorldEvent } from '#domain';
import { formatPpm, formatTenths } from './decimals.js';
import { formatTime } from './time.js';

/** The world as it stands. */
export interface WorldView {
  readonly globalTension: string;
  readonly recentReasoning: string;
  /** The last 1,000 lines, oldest first. */
  readonly eventLog: readonly string[];
}

/** A world event as it was ingested. */
export interface WorldEventView {
  readonly eventId: string;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly url: string;
  readonly publishedAt: string | null;
  readonly ingestedAt: string;
  readonly domain: WorldEvent['domain'];
  readonly duration: WorldEvent['duration'];
  readonly sentiment: number;
  readonly socialVolume: number;
  readonly newsVelocity: number;
  readonly assetVolatility: number;
  readonly virality: string;
  readonly reaction: WorldEvent['reaction'];
  readonly marketId: string | null;
  readonly marketRefused: string | null;
}

/** The tension as decimal text. */
export const worldView = ({ globalTensionPpm, recentReasoning, eventLog }: ReadableState['world']): WorldView => ({
  globalTension: formatPpm(globalTensionPpm),
  recentReasoning,
  eventLog,
});

/** Inputs as numbers, virality as decimal text. */
export const worldEventView = (event: WorldEvent): WorldEventView => ({
  eventId: event.eventId,
  title: event.title,
  description: event.description,
  source: event.source,
  url: event.url,
  publishedAt: event.publishedAtMs === null ? null : formatTime(event.publishedAtMs),
  ingestedAt: formatTime(event.ingestedAtMs),
  domain: event.domain,
  duration: event.duration,
  sentiment: event.inputs.sentiment / 1_000_000,
  socialVolume: event.inputs.socialVolume / 1_000_000,
  newsVelocity: event.inputs.newsVelocity / 1_000_000,
  assetVolatility: event.inputs.assetVolatility / 1_000_000,
  virality: formatTenths(event.viralityTenths),
  reaction: event.reaction,
  marketId: event.marketId,
  marketRefused: event.marketRefused,
});
