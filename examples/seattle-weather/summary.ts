import type { Accuracy } from './accuracy.js';
import type { Audit } from './audit.js';
import { toDecimal, toUnits } from './money.js';
import type { Bot } from './roster.js';
import type { SimulationResult } from './simulation.js';

export interface SummaryOptions {
  readonly result: SimulationResult;
  readonly accuracy: Accuracy;
  readonly audit: Audit;
  readonly bots: readonly Bot[];
  /** The last day, which says what strategy a bot ended with. */
  readonly lastDate: string;
  readonly elapsedMs: number;
}

const SHOWN = 3;

/** What the run came to, line by line. */
export function summaryOf({ result, accuracy, audit, bots, lastDate, elapsedMs }: SummaryOptions): readonly string[] {
  const { ledger, forecasts, bets, betsRefused } = result;
  const profits = profitsOf(bots, { result, lastDate }).sort((a, b) => compare(b.profit, a.profit));
  return [
    line('Markets', `${grouped(forecasts.length)}, all resolved`),
    line('Bets', `${grouped(bets)}; ${grouped(betsRefused)} refused, as others had moved the price first`),
    line(
      'Money supply',
      `${toDecimal(audit.moneySupply)} = deposits − withdrawals + yield + liquidity issued − returned`,
    ),
    line('', `  ${toDecimal(ledger.deposits)} − ${toDecimal(ledger.withdrawals)} + ${toDecimal(ledger.yieldPaid)}`),
    line('', `  + ${toDecimal(ledger.liquidityIssued)} − ${toDecimal(ledger.liquidityReturned)}`),
    line('Yield', toDecimal(audit.yieldDistributed)),
    ...profits.slice(0, SHOWN).map((bot, i) => line(i === 0 ? 'Best bots' : '', shown(bot))),
    ...profits
      .slice(-SHOWN)
      .reverse()
      .map((bot, i) => line(i === 0 ? 'Worst bots' : '', shown(bot))),
    ...byStrategy(profits).map((text, i) => line(i === 0 ? 'Strategies' : '', text)),
    line('Brier score', `${accuracy.brier.toFixed(4)} for the closing prices`),
    line('', `${accuracy.baseRateBrier.toFixed(4)} for the base rate, ${accuracy.baseRate.toFixed(4)}, said every day`),
    line(
      'Events',
      `${grouped(audit.version)} in ${seconds(elapsedMs)}, ${perSecond(audit.version, elapsedMs)} a second`,
    ),
    line('State hash', audit.stateHash),
  ];
}

interface Profit {
  readonly id: string;
  readonly strategy: string;
  /** What markets paid less what bets cost, micro-units. */
  readonly profit: bigint;
}

function profitsOf(
  bots: readonly Bot[],
  { result, lastDate }: { readonly result: SimulationResult; readonly lastDate: string },
): Profit[] {
  return bots.map(({ id, strategyOn }) => {
    const { won, wagered } = result.ledger.account(id);
    return { id, strategy: strategyOn(lastDate), profit: won - wagered };
  });
}

function byStrategy(profits: readonly Profit[]): readonly string[] {
  const names = [...new Set(profits.map(({ strategy }) => strategy))];
  const totals = names.map((name) => {
    const own = profits.filter(({ strategy }) => strategy === name);
    return { name, count: own.length, total: own.reduce((sum, { profit }) => sum + profit, 0n) };
  });
  return totals
    .sort((a, b) => compare(b.total, a.total))
    .map(({ name, count, total }) => `${name.padEnd(12)} ${String(count).padStart(3)}  ${inUnits(total)}`);
}

const line = (name: string, text: string): string => `${name.padEnd(14)}${text}`;
const shown = ({ id, strategy, profit }: Profit): string => `${id}  ${strategy.padEnd(12)} ${inUnits(profit)}`;
const inUnits = (micro: bigint): string => `${micro > 0n ? '+' : ''}${toUnits(micro).toFixed(2)}`.padStart(12);
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const perSecond = (count: number, ms: number): string => grouped(Math.round((count * 1_000) / Math.max(1, ms)));
