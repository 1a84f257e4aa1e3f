import { describe, expect, test } from '@jest/globals';
import { given, marketCreated, timelineCreated } from '../testing/specification.js';
import { TIME_MAX_MS, type WorldEventId } from '../units.js';
import type { IngestWorldEvent } from './commands.js';

const noise: IngestWorldEvent = {
  type: 'IngestWorldEvent',
  eventId: 'e1' as WorldEventId,
  title: 'Football match',
  description: '',
  source: 'wire',
  url: '',
  publishedAtMs: null,
  inputs: { sentiment: 0, socialVolume: 0, newsVelocity: 1_000_000, assetVolatility: 0 },
};
const withSocial = (units: number): IngestWorldEvent => ({
  ...noise,
  inputs: { sentiment: 0, socialVolume: units * 1_000_000, newsVelocity: 20_000_000, assetVolatility: 0 },
});
const viral = withSocial(1_000);
const fresh = given(timelineCreated());

describe('an event of the world', () => {
  test('is scored, classified and kept', () => {
    const { state } = fresh.when(noise).thenEvents({
      type: 'WorldEventIngested',
      data: {
        eventId: noise.eventId,
        title: 'Football match',
        description: '',
        source: 'wire',
        url: '',
        publishedAtMs: null,
        inputs: noise.inputs,
        domain: 'sports',
        duration: 'narrative',
        givenDomain: null,
        givenDuration: null,
        viralityTenths: 15,
        rule: 'virality-1',
        reaction: 'noise',
        marketId: null,
        marketRefused: null,
      },
    });
    expect(state.stats).toEqual({ eventsProcessed: 1, marketsCreated: 0, marketsAutoCreated: 0 });
  });

  test('keeps the domain and duration that it was given', () => {
    const { decision } = fresh.when({ ...noise, domain: 'crypto', duration: 'macro' });
    expect(decision).toMatchObject({
      events: [{ data: { domain: 'crypto', duration: 'macro', givenDomain: 'crypto' } }],
    });
  });

  test.each([
    [1_000, 'market'],
    [998, 'react'],
    [400, 'react'],
    [398, 'noise'],
  ])('with a social volume of %i is met with "%s"', (social, reaction) => {
    expect(fresh.when(withSocial(social)).decision).toMatchObject({
      events: expect.arrayContaining([expect.objectContaining({ data: expect.objectContaining({ reaction }) })]),
    });
  });

  test('of 80 points or more opens a market by the same command', () => {
    const { state, decision } = fresh.when(viral);
    expect(decision).toMatchObject({
      events: [
        { type: 'WorldEventIngested', data: { viralityTenths: 800, marketId: 'MKT_e1_narrative' } },
        {
          type: 'MarketCreated',
          data: { marketId: 'MKT_e1_narrative', eventId: 'e1', automatic: true, expiresAtMs: 168 * 3_600_000 },
        },
      ],
    });
    expect(state.stats).toEqual({ eventsProcessed: 1, marketsCreated: 1, marketsAutoCreated: 1 });
  });

  test('whose market id is taken is ingested and says so', () => {
    const { decision } = given(timelineCreated(), marketCreated('MKT_e1_narrative')).when(viral);
    expect(decision).toMatchObject({ events: [{ data: { marketId: null, marketRefused: 'market-id-taken' } }] });
  });

  test('at the end of time is ingested and says that its market would have expired', () => {
    const { decision, state } = given(timelineCreated({ startAtMs: TIME_MAX_MS })).when(viral);
    expect(decision).toMatchObject({ events: [{ data: { marketId: null, marketRefused: 'expiry-not-in-future' } }] });
    expect(state.markets.size).toBe(0);
  });

  test('is scored by its age on the timeline, which is never negative', () => {
    const hour = 3_600_000;
    const published = (ms: number) => fresh.when({ ...viral, publishedAtMs: ms }, { nowMs: hour }).decision;
    expect(published(0)).toMatchObject({ events: [{ data: { viralityTenths: 760 } }] });
    expect(published(2 * hour)).toMatchObject({ events: [{ data: { viralityTenths: 800 } }, {}] });
  });

  test('meets the thresholds of its timeline', () => {
    const strict = given(timelineCreated({ settings: { reactAtTenths: 10, autoMarketAtTenths: 801 } }));
    expect(strict.when(viral).decision).toMatchObject({ events: [{ data: { reaction: 'react' } }] });
    expect(strict.when(noise).decision).toMatchObject({ events: [{ data: { reaction: 'react' } }] });
  });
});

describe('the same id again', () => {
  const { state } = fresh.when(viral);
  const after = (command: IngestWorldEvent) => {
    const events = fresh.when(viral).decision;
    if (events.kind !== 'accepted') throw new Error(events.kind);
    return given(timelineCreated(), ...events.events).when(command);
  };

  test('with the same content is answered with the first', () => {
    expect(after(viral).decision).toEqual({ kind: 'repeated', firstVersion: 2, lastVersion: 3 });
    expect(state.worldEvents.get('e1')?.version).toBe(2);
  });

  test.each<[string, Partial<IngestWorldEvent>]>([
    ['title', { title: 'x' }],
    ['description', { description: 'x' }],
    ['source', { source: 'x' }],
    ['url', { url: 'x' }],
    ['publishedAtMs', { publishedAtMs: 0 }],
    ['inputs', { inputs: { ...viral.inputs, sentiment: 1 } }],
    ['domain', { domain: 'sports' }],
    ['duration', { duration: 'narrative' }],
  ])('with another %s is refused', (_field, differing) => {
    after({ ...viral, ...differing }).thenRefused('event-id-taken');
  });
});
