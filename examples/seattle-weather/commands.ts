import { rained, type Weather } from './calendar.js';
import { toDecimal } from './money.js';
import { FEE_BPS, LIQUIDITY_UNITS, type Bet } from './pricing.js';

/** An entry of a batch: a command's name, and what its route takes in path and body. */
export interface Command {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The virtual clock starts at the first midnight. Each evening the day is reported, and bets are taken until midnight. */
export const midnightOf = (date: string): string => `${date}T00:00:00Z`;
export const eveningOf = (date: string): string => `${date}T21:00:00Z`;

export const marketOn = (date: string): string => `RAIN-${date}`;

export const registerAgent = (agentId: string, name: string, deposit: bigint): Command => ({
  type: 'RegisterAgent',
  data: { agentId, name, deposit: toDecimal(deposit) },
});

export const depositFunds = (agentId: string, amount: bigint): Command => ({
  type: 'DepositFunds',
  data: { agentId, amount: toDecimal(amount) },
});

export const withdrawFunds = (agentId: string, amount: bigint): Command => ({
  type: 'WithdrawFunds',
  data: { agentId, amount: toDecimal(amount) },
});

export const addStake = (agentId: string, amount: bigint): Command => ({
  type: 'AddStake',
  data: { agentId, amount: toDecimal(amount) },
});

export const advanceClock = (to: string): Command => ({ type: 'AdvanceClock', data: { to } });

export const distributeYield = (): Command => ({ type: 'DistributeYield', data: {} });

/** The day's weather. Storms are news enough to be marked for a reaction (virality 50), none opens a market by itself (80). */
export const reportWeather = (day: Weather): Command => ({
  type: 'IngestWorldEvent',
  data: {
    eventId: `SEA-${day.date}`,
    title: `Seattle on ${day.date}: ${day.sky}`,
    description:
      `${day.precipitationMm} mm of precipitation, ${day.temperatureMinC} to ${day.temperatureMaxC} °C, ` +
      `wind ${day.windMetresPerSecond} m/s`,
    source: 'NOAA',
    publishedAt: eveningOf(day.date),
    domain: 'unknown',
    duration: 'micro',
    sentiment: rained(day) ? -0.3 : 0.3,
    socialVolume: Math.min(1_000, day.precipitationMm * 20),
    newsVelocity: day.windMetresPerSecond,
  },
});

/** It closes by itself at the midnight before the day it asks about, so that nobody bets on what can be seen. */
export const openMarket = ({ today, date }: { readonly today: string; readonly date: string }): Command => ({
  type: 'CreateMarket',
  data: {
    marketId: marketOn(date),
    eventId: `SEA-${today}`,
    title: `Will it rain in Seattle on ${date}?`,
    expiresAt: midnightOf(date),
    outcomes: ['YES', 'NO'],
    liquidity: String(LIQUIDITY_UNITS),
    feeBps: FEE_BPS,
  },
});

export const resolveMarket = (day: Weather): Command => ({
  type: 'ResolveMarket',
  data: { marketId: marketOn(day.date), outcome: rained(day) ? 'YES' : 'NO' },
});

export const placeBet = (marketId: string, agentId: string, { outcome, amount, minShares }: Bet): Command => ({
  type: 'PlaceBet',
  data: {
    marketId,
    agentId,
    outcome,
    amount: toDecimal(amount),
    ...(minShares === undefined ? {} : { minShares: toDecimal(minShares) }),
  },
});
