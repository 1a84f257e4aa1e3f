import { monthOf, rained, type Weather } from './calendar.js';
import { fromUnits } from './money.js';
import { betOn, type Bet, type Outcome } from './pricing.js';
import type { Draw } from './random.js';

/** What a bot knows when it is asked for a bet on rain tomorrow. */
export interface Scene {
  /** The number of the bot, from 1. */
  readonly bot: number;
  /** Every day so far, today last. */
  readonly past: readonly Weather[];
  /** The day that the market is about. */
  readonly tomorrow: { readonly month: number };
  /** Frequency of rain in each month of the whole calendar; index 1 to 12. */
  readonly climate: readonly number[];
  /** The price of YES when this round began. */
  readonly yesPrice: number;
  /** The bot's money, units. */
  readonly available: number;
  readonly draw: Draw;
}

/** Bots of an earlier round have bet before those of a later one look at the price. */
export const ROUNDS = ['opening', 'second', 'crowd', 'closing'] as const;
export type Round = (typeof ROUNDS)[number];

export interface Strategy {
  readonly round: Round;
  /** Whether it is informed: those are expected to earn, the others to lose. */
  readonly informed: boolean;
  readonly decide: (scene: Scene) => Bet | undefined;
}

const CROWD_BET_MAX_UNITS = 8;
const CROWD_BET_MIN_UNITS = 1;

export const STRATEGIES = {
  /** Knows how often it rains in each month, and nothing of today. */
  climate: {
    round: 'opening',
    informed: true,
    decide: (scene) => betOn({ ...scene, belief: scene.climate[scene.tomorrow.month] ?? 0.5, appetite: 1 }),
  },
  /** Tomorrow will be as today: how often that was so until now. */
  persistence: {
    round: 'second',
    informed: true,
    decide: (scene) => betOn({ ...scene, belief: sameAsToday(scene.past), appetite: 0.5 }),
  },
  /** Both: how often it rained after a day like today, at this time of the year, until now. */
  forecaster: {
    round: 'closing',
    informed: true,
    decide: (scene) => betOn({ ...scene, belief: afterSuchADay(scene), appetite: 0.1 }),
  },
  /** Thinks that luck turns: what has not come for days is due. Weather is the other way about. */
  gambler: {
    round: 'crowd',
    informed: false,
    decide: (scene) => crowdBet(scene, rainedToday(scene) ? 'NO' : 'YES'),
  },
  /** Always against the favourite. */
  contrarian: {
    round: 'crowd',
    informed: false,
    decide: (scene) => crowdBet(scene, scene.yesPrice > 0.5 ? 'NO' : 'YES'),
  },
  /** Tosses a coin, and stays at home on three days of ten. */
  noise: {
    round: 'crowd',
    informed: false,
    decide: (scene) => {
      const outcome = scene.draw() < 0.5 ? 'YES' : 'NO';
      return scene.draw() < 0.3 ? undefined : crowdBet(scene, outcome);
    },
  },
  /** Never learns: it will be dry. */
  optimist: { round: 'crowd', informed: false, decide: (scene) => crowdBet(scene, 'NO') },
  /** Never learns: it will rain. */
  pessimist: { round: 'crowd', informed: false, decide: (scene) => crowdBet(scene, 'YES') },
} satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof STRATEGIES;

export const isStrategyName = (name: string): name is StrategyName => Object.hasOwn(STRATEGIES, name);

export const strategyNamed = (name: StrategyName): Strategy => STRATEGIES[name];

const rainedToday = ({ past }: Scene): boolean => past.slice(-1).some(rained);

/** Frequency of rain in each month of these days; index 1 to 12. */
export function climateOf(days: readonly Weather[]): readonly number[] {
  return Array.from({ length: 13 }, (_, month) => {
    const inMonth = days.filter((day) => monthOf(day) === month);
    return inMonth.length === 0 ? 0.5 : inMonth.filter(rained).length / inMonth.length;
  });
}

/** A bet of 1 to 8 units, never more than a twentieth of what the bot has. */
function crowdBet({ available, draw }: Scene, outcome: Outcome): Bet | undefined {
  const wanted = CROWD_BET_MIN_UNITS + draw() * (CROWD_BET_MAX_UNITS - CROWD_BET_MIN_UNITS);
  const affordable = Math.min(wanted, available / 20);
  return affordable < CROWD_BET_MIN_UNITS ? undefined : { outcome, amount: fromUnits(affordable) };
}

/** Laplace's rule over the pairs of days so far, started as if it had seen ten pairs, seven of them alike. */
function sameAsToday(past: readonly Weather[]): number {
  const today = past.at(-1);
  if (today === undefined) return 0.5;
  let pairs = 10;
  let rainAfter = rained(today) ? 7 : 3;
  past.slice(1).forEach((day, i) => {
    const before = past[i];
    if (before === undefined || rained(before) !== rained(today)) return;
    pairs += 1;
    rainAfter += rained(day) ? 1 : 0;
  });
  return rainAfter / pairs;
}

/**
 * The frequency among past days near this day of the year whose own day before was as wet as today. What little the
 * first year offers is filled up with what persistence says. Each forecaster has a window of its own.
 */
function afterSuchADay({ bot, past }: Scene): number {
  const today = past.at(-1);
  if (today === undefined) return 0.5;
  const windowDays = 30 + 5 * (bot % 8);
  const fill = 12;
  let cases = fill;
  let rainAfter = fill * sameAsToday(past);
  past.slice(1).forEach((day, i) => {
    const before = past[i];
    if (before === undefined || rained(before) !== rained(today)) return;
    if (seasonalDistance(past.length - 1 - i) > windowDays) return;
    cases += 1;
    rainAfter += rained(day) ? 1 : 0;
  });
  return rainAfter / cases;
}

/** Days between two dates on the circle of the year. */
function seasonalDistance(days: number): number {
  const around = days % 365;
  return Math.min(around, 365 - around);
}
