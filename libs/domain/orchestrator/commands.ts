import type { Domain, Duration, WorldEventContent } from './state.js';

/** Scores an event of the world and, if it is viral enough, opens a market on it. */
export interface IngestWorldEvent extends WorldEventContent {
  readonly type: 'IngestWorldEvent';
  readonly domain?: Domain;
  readonly duration?: Duration;
}
