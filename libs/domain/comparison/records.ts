import type { StoredDocument } from '../documents/state.js';
import { pricesOf } from '../markets/mechanism.js';
import type { Market, Phase } from '../markets/state.js';
import type { Stats, WorldEvent } from '../orchestrator/state.js';
import type { Settings } from '../timeline/state.js';
import type { World } from '../world/state.js';
import { amount, count, millionths, ppm, tenths, text, time, type RecordFields } from './fields.js';

/** What a market shows besides its money: escrow and fees are accounts. */
export const marketFields = (market: Market): RecordFields => ({
  title: text(market.terms.title),
  description: text(market.terms.description),
  eventId: text(market.terms.eventId),
  domain: text(market.terms.domain),
  duration: text(market.terms.duration),
  outcomes: text(market.terms.outcomes),
  mechanism: text(market.terms.mechanism),
  liquidity: amount(market.terms.liquidity),
  feeBps: count(market.terms.feeBps),
  createdAt: time(market.terms.createdAtMs),
  expiresAt: time(market.terms.expiresAtMs),
  viralityScore: tenths(market.terms.viralityTenths),
  prices: ppm(pricesOf(market)),
  pools: amount(market.pools),
  volume: amount(market.volume),
  ...phaseFields(market.phase),
});

function phaseFields(phase: Phase): RecordFields {
  const status = text(phase.status);
  switch (phase.status) {
    case 'open':
      return { status };
    case 'closed':
      return { status, closedAt: time(phase.closedAtMs) };
    case 'resolved':
      return { status, payout: count(phase.payout), resolvedAt: time(phase.resolvedAtMs) };
    case 'void':
      return { status, reason: text(phase.reason), voidedAt: time(phase.voidedAtMs) };
  }
}

export const worldEventFields = (event: WorldEvent): RecordFields => ({
  title: text(event.title),
  description: text(event.description),
  source: text(event.source),
  url: text(event.url),
  publishedAt: time(event.publishedAtMs),
  ingestedAt: time(event.ingestedAtMs),
  domain: text(event.domain),
  duration: text(event.duration),
  givenDomain: text(event.givenDomain),
  givenDuration: text(event.givenDuration),
  sentiment: millionths(event.inputs.sentiment),
  socialVolume: millionths(event.inputs.socialVolume),
  newsVelocity: millionths(event.inputs.newsVelocity),
  assetVolatility: millionths(event.inputs.assetVolatility),
  virality: tenths(event.viralityTenths),
  reaction: text(event.reaction),
  marketId: text(event.marketId),
  marketRefused: text(event.marketRefused),
});

/** The text itself is among them: up to 1 MiB. */
export const documentFields = (document: StoredDocument): RecordFields => ({
  sizeBytes: count(document.sizeBytes),
  savedAt: time(document.savedAtMs),
  text: text(document.text),
});

export const worldFields = (world: World): RecordFields => ({
  globalTension: ppm(world.globalTensionPpm),
  recentReasoning: text(world.recentReasoning),
  eventLog: text(world.eventLog),
});

export const statsFields = (stats: Stats): RecordFields => ({
  eventsProcessed: count(stats.eventsProcessed),
  marketsCreated: count(stats.marketsCreated),
  marketsAutoCreated: count(stats.marketsAutoCreated),
});

export const settingsFields = (settings: Settings): RecordFields => ({
  reactAt: tenths(settings.reactAtTenths),
  autoMarketAt: tenths(settings.autoMarketAtTenths),
  tickSeconds: count(settings.tickSeconds),
  liquidity: amount(settings.liquidity),
  feeBps: count(settings.feeBps),
});

export const timeFields = (nowMs: number): RecordFields => ({ now: time(nowMs) });
