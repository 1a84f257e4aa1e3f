import { DOMAINS, DURATIONS, type Domain, type Duration, type WorldEventId } from '#domain';
import { parseTime, ppmOf } from '#presentation';
import { commandKind, dataOf, defined, ifGiven } from '../commands/command-kind.js';
import { Optional, Required } from '../fields/field.js';
import * as rules from '../fields/rules.js';
import { decimal, listOf, object, oneOf, orNull, score, withOptional, words } from '../reference/schemas.js';

const inputAboveZero = rules.number(0, 1_000_000_000);

class IngestWorldEvent {
  @Required(rules.worldEventId)
  readonly eventId!: string;

  @Required(rules.title)
  readonly title!: string;

  @Optional(rules.description)
  readonly description?: string;

  @Optional(rules.source)
  readonly source?: string;

  @Optional(rules.source)
  readonly url?: string;

  @Optional(rules.time)
  readonly publishedAt?: string;

  @Optional(rules.domain)
  readonly domain?: Domain;

  @Optional(rules.duration)
  readonly duration?: Duration;

  @Optional(rules.number(-1, 1))
  readonly sentiment?: number;

  @Optional(inputAboveZero)
  readonly socialVolume?: number;

  @Optional(inputAboveZero)
  readonly newsVelocity?: number;

  @Optional(inputAboveZero)
  readonly assetVolatility?: number;
}

class RecordWorldState {
  @Optional(rules.fraction)
  readonly globalTension?: string;

  @Optional(rules.description)
  readonly recentReasoning?: string;

  @Optional(rules.texts({ entriesMax: 1_000, lengthMax: 2_000 }))
  readonly appendLines?: readonly string[];
}

/** Brought to six decimals here and nowhere else, so that every later step is integer arithmetic. */
const millionths = (value: number): number => Math.round(Number(value.toFixed(6)) * 1_000_000);

export const worldCommands = {
  IngestWorldEvent: commandKind({
    dto: IngestWorldEvent,
    status: 201,
    toCommand: (values) => ({
      type: 'IngestWorldEvent',
      eventId: values.eventId as WorldEventId,
      title: values.title,
      description: values.description ?? '',
      source: values.source ?? '',
      url: values.url ?? '',
      publishedAtMs: ifGiven(values.publishedAt, parseTime) ?? null,
      inputs: {
        sentiment: millionths(values.sentiment ?? 0),
        socialVolume: millionths(values.socialVolume ?? 0),
        newsVelocity: millionths(values.newsVelocity ?? 1),
        assetVolatility: millionths(values.assetVolatility ?? 0),
      },
      ...defined({ domain: values.domain, duration: values.duration }),
    }),
    result: object({
      eventId: words,
      virality: score,
      domain: oneOf(...DOMAINS),
      duration: oneOf(...DURATIONS),
      reaction: oneOf('market', 'react', 'noise'),
      marketId: orNull(words),
      marketRefused: orNull(words),
    }),
    receipt: (events) => {
      const { eventId, virality, domain, duration, reaction, marketId, marketRefused } = {
        ...dataOf(events, 'WorldEventIngested'),
      };
      return { eventId, virality, domain, duration, reaction, marketId, marketRefused };
    },
  }),
  RecordWorldState: commandKind({
    dto: RecordWorldState,
    toCommand: ({ globalTension, recentReasoning, appendLines }) => ({
      type: 'RecordWorldState',
      ...defined({ globalTensionPpm: ifGiven(globalTension, ppmOf), recentReasoning, appendLines }),
    }),
    result: withOptional(object({}), { globalTension: decimal, recentReasoning: words, appendLines: listOf(words) }),
    receipt: (events) => ({ ...dataOf(events, 'WorldStateRecorded') }),
  }),
};
