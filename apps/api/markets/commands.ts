import {
  DOMAINS,
  DURATIONS,
  formatDecimal,
  type AgentId,
  type Domain,
  type Duration,
  type MarketId,
  type Micro,
  type WorldEventId,
} from '#domain';
import { amountOf, millionthsOf, parseTime } from '#presentation';
import { commandKind, dataOf, defined, ifGiven } from '../commands/command-kind.js';
import { Optional, Required } from '../fields/field.js';
import * as rules from '../fields/rules.js';
import { decimal, instant, listOf, object, oneOf, orNull, score, whole, words, yesOrNo } from '../reference/schemas.js';

class CreateMarket {
  /** Absent: `MKT_{eventId}_{duration}`. */
  @Optional(rules.id())
  readonly marketId?: string;

  @Optional(rules.worldEventId)
  readonly eventId?: string;

  @Required(rules.title)
  readonly title!: string;

  @Optional(rules.description)
  readonly description?: string;

  @Optional(rules.domain)
  readonly domain?: Domain;

  @Optional(rules.duration)
  readonly duration?: Duration;

  @Optional(rules.time)
  readonly expiresAt?: string;

  @Optional(rules.outcomes)
  readonly outcomes?: readonly string[];

  @Optional(rules.liquidity)
  readonly liquidity?: string;

  @Optional(rules.feeBps)
  readonly feeBps?: number;
}

class PlaceBet {
  @Required(rules.id())
  readonly marketId!: string;

  @Required(rules.id())
  readonly agentId!: string;

  @Required(rules.outcomeName)
  readonly outcome!: string;

  /** The budget, fee included. */
  @Required(rules.amount)
  readonly amount!: string;

  @Optional(rules.leastAmount)
  readonly minShares?: string;
}

class SellShares {
  @Required(rules.id())
  readonly marketId!: string;

  @Required(rules.id())
  readonly agentId!: string;

  @Required(rules.outcomeName)
  readonly outcome!: string;

  @Required(rules.amount)
  readonly shares!: string;

  @Optional(rules.leastAmount)
  readonly minPayout?: string;
}

class CloseMarket {
  @Required(rules.id())
  readonly marketId!: string;
}

/** Either the winner's name, or a weight for each outcome. */
class ResolveMarket {
  @Required(rules.id())
  readonly marketId!: string;

  @Optional(rules.outcomeName)
  readonly outcome?: string;

  @Optional(rules.payout)
  readonly payout?: readonly number[];
}

class VoidMarket {
  @Required(rules.id())
  readonly marketId!: string;

  @Required(rules.reason)
  readonly reason!: string;
}

const trade = {
  marketId: words,
  agentId: words,
  outcome: words,
  shares: decimal,
  fee: decimal,
  priceBefore: decimal,
  priceAfter: decimal,
};

const settlement = { payouts: listOf(object({ agentId: words, amount: decimal })), returned: decimal };

/** 0 is none. */
const leastOf = (text: string): Micro | undefined => amountOf(text) || undefined;

const createMarket = commandKind({
  dto: CreateMarket,
  status: 201,
  check: ({ marketId, eventId }, complain) => {
    if (marketId === undefined && eventId === undefined) complain('marketId', 'is required where there is no eventId');
  },
  toCommand: ({ marketId, eventId, title, expiresAt, liquidity, ...rest }) => ({
    type: 'CreateMarket',
    title,
    ...defined({
      ...rest,
      marketId: marketId as MarketId | undefined,
      eventId: eventId as WorldEventId | undefined,
      expiresAtMs: ifGiven(expiresAt, parseTime),
      liquidity: ifGiven(liquidity, amountOf),
    }),
  }),
  result: object({
    marketId: words,
    eventId: orNull(words),
    title: words,
    description: words,
    domain: oneOf(...DOMAINS),
    duration: oneOf(...DURATIONS),
    outcomes: listOf(words),
    mechanism: words,
    liquidity: decimal,
    feeBps: whole,
    expiresAt: instant,
    virality: orNull(score),
    automatic: yesOrNo,
  }),
  receipt: (events) => ({ ...dataOf(events, 'MarketCreated') }),
});

const placeBet = commandKind({
  dto: PlaceBet,
  toCommand: ({ marketId, agentId, outcome, amount, minShares }) => ({
    type: 'PlaceBet',
    marketId: marketId as MarketId,
    agentId: agentId as AgentId,
    outcome,
    amount: amountOf(amount),
    ...defined({ minShares: ifGiven(minShares, leastOf) }),
  }),
  result: object({ ...trade, amount: decimal }),
  receipt: (events) => ({ ...dataOf(events, 'BetPlaced') }),
});

const sellShares = commandKind({
  dto: SellShares,
  toCommand: ({ marketId, agentId, outcome, shares, minPayout }) => ({
    type: 'SellShares',
    marketId: marketId as MarketId,
    agentId: agentId as AgentId,
    outcome,
    shares: amountOf(shares),
    ...defined({ minPayout: ifGiven(minPayout, leastOf) }),
  }),
  result: object({ ...trade, payout: decimal }),
  receipt: (events) => {
    const { gross, fee, ...sold } = { ...dataOf(events, 'SharesSold') };
    return { ...sold, fee, payout: formatDecimal(millionthsOf(String(gross)) - millionthsOf(String(fee))) };
  },
});

const resolveMarket = commandKind({
  dto: ResolveMarket,
  check: ({ outcome, payout }, complain) => {
    if ((outcome === undefined) === (payout === undefined)) complain('outcome', 'or payout is required, not both');
  },
  toCommand: ({ marketId, ...how }) => ({
    type: 'ResolveMarket',
    marketId: marketId as MarketId,
    ...defined(how),
  }),
  result: object({ marketId: words, payout: listOf(whole), ...settlement }),
  receipt: (events) => ({ ...dataOf(events, 'MarketResolved') }),
});

export const marketCommands = {
  CreateMarket: createMarket,
  PlaceBet: placeBet,
  SellShares: sellShares,
  CloseMarket: commandKind({
    dto: CloseMarket,
    toCommand: ({ marketId }) => ({ type: 'CloseMarket', marketId: marketId as MarketId }),
    result: object({ marketId: words, status: { const: 'closed' } }),
    receipt: (_events, { marketId }) => ({ marketId, status: 'closed' }),
  }),
  ResolveMarket: resolveMarket,
  VoidMarket: commandKind({
    dto: VoidMarket,
    toCommand: ({ marketId, reason }) => ({ type: 'VoidMarket', marketId: marketId as MarketId, reason }),
    result: object({ marketId: words, reason: words, proRata: yesOrNo, ...settlement }),
    receipt: (events) => ({ ...dataOf(events, 'MarketVoided') }),
  }),
};
