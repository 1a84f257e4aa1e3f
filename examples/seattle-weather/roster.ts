import { isStrategyName, STRATEGIES, type StrategyName } from './strategies.js';

/** `bot-007=noise`, or `bot-007=noise@2013-01-01`: from that evening on. */
export interface StrategyChange {
  readonly botId: string;
  readonly strategy: StrategyName;
  /** Null: from the first day. */
  readonly from: string | null;
}

export interface Bot {
  /** From 1. */
  readonly number: number;
  /** `bot-001` to `bot-100`. */
  readonly id: string;
  readonly strategyOn: (date: string) => StrategyName;
  /** Stakes a part of its first deposit, and a little more each month. */
  readonly saver: boolean;
}

export const BOTS = 100;

const SAVER_EVERY = 4;

/** The informed come first; the others take turns, so that no side of the market is always served first. */
const INFORMED: readonly StrategyName[] = ['climate', 'persistence', ...Array<StrategyName>(8).fill('forecaster')];
const CROWD: readonly StrategyName[] = [
  ...(['noise', 'optimist', 'noise', 'gambler', 'optimist'] as const),
  ...(['noise', 'pessimist', 'noise', 'optimist', 'noise'] as const),
];

export function enrol(changes: readonly StrategyChange[]): readonly Bot[] {
  const bots = Array.from({ length: BOTS }, (_, i) => botNumbered(i + 1, changes));
  const stranger = changes.find(({ botId }) => !bots.some(({ id }) => id === botId));
  if (stranger !== undefined) throw new Error(`There is no ${stranger.botId}; there are bot-001 to bot-${BOTS}`);
  return bots;
}

export function parseStrategyChange(text: string): StrategyChange {
  const match = /^(bot-\d{3})=([a-z]+)(?:@(\d{4}-\d{2}-\d{2}))?$/.exec(text);
  const [, botId, strategy, from = null] = match ?? [];
  if (botId === undefined || strategy === undefined) {
    throw new Error(`--strategy is like bot-007=noise or bot-007=noise@2013-01-01, not ${text}`);
  }
  if (!isStrategyName(strategy)) {
    throw new Error(`There is no strategy ${strategy}; there are ${Object.keys(STRATEGIES).join(', ')}`);
  }
  return { botId, strategy, from };
}

function botNumbered(number: number, changes: readonly StrategyChange[]): Bot {
  const id = `bot-${String(number).padStart(3, '0')}`;
  const own = changes.filter(({ botId }) => botId === id);
  const first = INFORMED[number - 1] ?? CROWD[(number - 1 - INFORMED.length) % CROWD.length] ?? 'noise';
  return {
    number,
    id,
    saver: number % SAVER_EVERY === 0,
    strategyOn: (date) => own.findLast(({ from }) => from === null || from <= date)?.strategy ?? first,
  };
}
