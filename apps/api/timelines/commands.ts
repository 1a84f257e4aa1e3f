import { TIME_MAX_MS, type ClockKind, type Command, type Settings } from '#domain';
import { amountOf, formatTime, parseTime, ppmOf, tenthsOf } from '#presentation';
import { commandKind, dataOf, defined, ifGiven } from '../commands/command-kind.js';
import { Optional, OptionalNested, Required } from '../fields/field.js';
import * as rules from '../fields/rules.js';
import { decimal, instant, listOf, object, oneOf, settingsSchema, words } from '../reference/schemas.js';

/** What a timeline decides by. */
export class TimelineSettings {
  /** Virality from which agents are to react. */
  @Optional(rules.score)
  readonly reactAt?: string;

  /** Virality from which a market is opened. */
  @Optional(rules.score)
  readonly autoMarketAt?: string;

  @Optional(rules.wholeNumber(1, 86_400))
  readonly tickSeconds?: number;

  @Optional(rules.liquidity)
  readonly liquidity?: string;

  @Optional(rules.feeBps)
  readonly feeBps?: number;
}

class CreateTimeline {
  @Required(rules.id())
  readonly name!: string;

  @Required(rules.oneOf('wall', 'virtual'))
  readonly clock!: ClockKind;

  /** Where a virtual clock starts; absent: now. */
  @Optional(rules.time)
  readonly startAt?: string;

  @Optional(rules.apy)
  readonly apy?: string;

  @OptionalNested(TimelineSettings)
  readonly settings?: TimelineSettings;
}

class AdvanceClock {
  @Optional(rules.time)
  readonly to?: string;

  @Optional(rules.wholeNumber(1, TIME_MAX_MS))
  readonly byMs?: number;
}

export const settingsOf = (given: TimelineSettings): Partial<Settings> =>
  defined({
    reactAtTenths: ifGiven(given.reactAt, tenthsOf),
    autoMarketAtTenths: ifGiven(given.autoMarketAt, tenthsOf),
    tickSeconds: given.tickSeconds,
    liquidity: ifGiven(given.liquidity, amountOf),
    feeBps: given.feeBps,
  });

/** The first command of a timeline; `name` is the server's, not the timeline's, and travels beside the command. */
export const createTimeline = commandKind({
  dto: CreateTimeline,
  status: 201,
  check: ({ clock, startAt }, complain) => {
    if (clock === 'wall' && startAt !== undefined) complain('startAt', 'must be absent: a wall clock starts now');
  },
  toCommand: ({ clock, startAt, apy, settings }): Extract<Command, { readonly type: 'CreateTimeline' }> => ({
    type: 'CreateTimeline',
    clock,
    ...defined({
      startAtMs: ifGiven(startAt, parseTime),
      apyPpm: ifGiven(apy, ppmOf),
      settings: ifGiven(settings, settingsOf),
    }),
  }),
  result: object({
    name: words,
    clock: oneOf('wall', 'virtual'),
    startAt: instant,
    apy: decimal,
    settings: settingsSchema,
  }),
  receipt: (events) => ({ ...dataOf(events, 'TimelineCreated') }),
});

export const timelineCommands = {
  AdvanceClock: commandKind({
    dto: AdvanceClock,
    check: ({ to, byMs }, complain) => {
      if ((to === undefined) === (byMs === undefined)) complain('to', 'or byMs is required, not both');
    },
    toCommand: ({ to, byMs }): Extract<Command, { readonly type: 'AdvanceClock' }> =>
      to === undefined ? { type: 'AdvanceClock', byMs: byMs ?? 0 } : { type: 'AdvanceClock', toMs: parseTime(to) ?? 0 },
    result: object({ now: instant, closed: listOf(words) }),
    receipt: (events, command) => ({
      now: dataOf(events, 'ClockAdvanced')?.['to'] ?? formatTime('toMs' in command ? command.toMs : 0),
      closed: events.filter(({ type }) => type === 'MarketClosed').map(({ data }) => data['marketId']),
    }),
  }),
};
