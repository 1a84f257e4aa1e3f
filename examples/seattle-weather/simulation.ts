import type { Forecast } from './accuracy.js';
import { rained, monthOf, type Weather } from './calendar.js';
import {
  addStake,
  advanceClock,
  depositFunds,
  distributeYield,
  eveningOf,
  marketOn,
  midnightOf,
  openMarket,
  placeBet,
  registerAgent,
  reportWeather,
  resolveMarket,
  withdrawFunds,
  type Command,
} from './commands.js';
import { Ledger } from './ledger.js';
import { toMicro, toUnits, UNIT } from './money.js';
import { LIQUIDITY_UNITS, OPENING_PRICE, type Bet } from './pricing.js';
import { drawsOf } from './random.js';
import type { ForkOf } from './options.js';
import { listIn, microIn, numberIn, outcomesIn, textIn, type EntryOutcome } from './replies.js';
import type { Bot } from './roster.js';
import type { SeedClient } from './seed-client.js';
import { climateOf, ROUNDS, strategyNamed, type Round } from './strategies.js';

export interface SimulationOptions {
  readonly client: SeedClient;
  readonly timeline: string;
  /** What it is a fork of; null: it starts from nothing. */
  readonly fork: ForkOf | null;
  readonly seed: number;
  readonly bots: readonly Bot[];
  /** All of it is known to the climate bots; only the first `days` are lived through. */
  readonly calendar: readonly Weather[];
  readonly days: number;
  /** Told at the end of each day how many there have been. */
  readonly onDay?: (days: number) => void;
}

/** What came of it, from the replies to the commands alone. */
export interface SimulationResult {
  readonly ledger: Ledger;
  readonly forecasts: readonly Forecast[];
  readonly bets: number;
  /** Bets that were refused because others had moved the price first. */
  readonly betsRefused: number;
}

const FIRST_DEPOSIT = 1_000n * UNIT;
const FIRST_STAKE = 400n * UNIT;
/** On the first of each month, for those who are not informed: they would be broke before the end. */
const ALLOWANCE = 20n * UNIT;
const MONTHLY_STAKE = 5n * UNIT;
/** On the first of each month the informed take home a tenth of what they have above this. */
const TAKEN_HOME_ABOVE = 2_000n * UNIT;

/** A bet that came too late for its price; every other refusal means that the driver is wrong. */
const TOO_LATE: ReadonlySet<string> = new Set(['slippage', 'amount-too-small']);

/**
 * Lives through the calendar on a virtual clock. Each step is one batch under a key made from the date and the step's name
 * alone, and what the bots decide follows from the calendar, the seed and the replies. So a driver that is started again
 * sends the same from the first day on, is answered what it was answered before, and goes on where it had ended.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const simulation = new Simulation(options);
  await simulation.openTimeline();
  await simulation.registerBots();
  for (let day = 0; day < options.days; day += 1) {
    await simulation.live(day);
    options.onDay?.(day + 1);
  }
  return simulation;
}

class Simulation implements SimulationResult {
  readonly ledger = new Ledger();
  readonly forecasts: Forecast[] = [];
  bets = 0;
  betsRefused = 0;
  /** Of YES in the open market, after the last accepted bet. */
  #yesPrice = OPENING_PRICE;
  /** The timeline's, after the last step. */
  #version = 0;
  readonly #climate: readonly number[];

  constructor(private readonly options: SimulationOptions) {
    this.#climate = climateOf(options.calendar);
  }

  /** A fork knows its parent's keys, so that everything up to the label is answered what the parent was answered. */
  async openTimeline(): Promise<void> {
    const { client, timeline, fork, calendar } = this.options;
    if (fork !== null) {
      const body = { name: timeline, at: { label: fork.label } };
      await client.post(`${pathOf(fork.parent)}/forks`, { key: keyOf(timeline, 'fork'), body });
      return;
    }
    const startAt = midnightOf(dayAt(calendar, 0).date);
    await client.post('/v1/timelines', {
      key: keyOf(timeline, 'create'),
      body: { name: timeline, clock: 'virtual', startAt },
    });
  }

  async registerBots(): Promise<void> {
    const { bots } = this.options;
    const commands = bots.flatMap(({ id, number, saver }) => [
      registerAgent(id, `Bot ${number}`, FIRST_DEPOSIT),
      ...(saver ? [addStake(id, FIRST_STAKE)] : []),
    ]);
    await this.#run('register', commands);
    for (const { id, saver } of bots) {
      this.ledger.register(id, FIRST_DEPOSIT);
      if (saver) this.ledger.stake(id, FIRST_STAKE);
    }
  }

  /** The evening of one day: its report settles the market on it; then, but for the last day, the market on the next. */
  async live(day: number): Promise<void> {
    const today = dayAt(this.options.calendar, day);
    if (today.date.endsWith('-01-01')) await this.#label(today.date);
    await this.#report(today, { first: day === 0 });
    if (day === this.options.days - 1) return;
    const tomorrow = dayAt(this.options.calendar, day + 1);
    for (const round of ROUNDS) {
      const opening = round === 'opening' ? this.#open(today, tomorrow) : [];
      await this.#takeBets({ day, round, opening });
    }
    this.forecasts.push({ date: tomorrow.date, probability: this.#yesPrice, rained: rained(tomorrow) });
  }

  /** At the last version before the day: whatever happened to it, the driver that comes again asks for the same one. */
  async #label(date: string): Promise<void> {
    const { client, timeline } = this.options;
    const body = { label: date, version: this.#version };
    await client.post(`${pathOf(timeline)}/labels`, { key: keyOf('label', date), body });
  }

  async #report(today: Weather, { first }: { readonly first: boolean }): Promise<void> {
    const { date } = today;
    const commands = first ? [] : [advanceClock(midnightOf(date))];
    commands.push(advanceClock(eveningOf(date)));
    if (!first) commands.push(resolveMarket(today));
    commands.push(distributeYield());
    const results = await this.#run(`${date}/report`, commands);
    if (!first) this.ledger.settle(marketOn(date), payoutsIn(results.at(-2)));
    this.ledger.yieldPaid += microIn(results.at(-1), 'total');
  }

  /** The commands that precede the first bets. */
  #open(today: Weather, tomorrow: Weather): readonly Command[] {
    this.ledger.openMarket(marketOn(tomorrow.date), BigInt(LIQUIDITY_UNITS) * UNIT);
    this.#yesPrice = OPENING_PRICE;
    return [
      ...(today.date.endsWith('-01') ? this.#monthly(today.date) : []),
      reportWeather(today),
      openMarket({ today: today.date, date: tomorrow.date }),
    ];
  }

  #monthly(date: string): readonly Command[] {
    return this.options.bots.flatMap((bot) => {
      const { id, saver } = bot;
      const surplus = this.ledger.account(id).available - TAKEN_HOME_ABOVE;
      const commands: Command[] = [];
      if (!strategyNamed(bot.strategyOn(date)).informed) {
        commands.push(depositFunds(id, ALLOWANCE));
        this.ledger.deposit(id, ALLOWANCE);
      } else if (surplus > 10n * UNIT) {
        const amount = (surplus / 10n / UNIT) * UNIT;
        commands.push(withdrawFunds(id, amount));
        this.ledger.withdraw(id, amount);
      }
      if (saver && this.ledger.account(id).available >= MONTHLY_STAKE) {
        commands.push(addStake(id, MONTHLY_STAKE));
        this.ledger.stake(id, MONTHLY_STAKE);
      }
      return commands;
    });
  }

  async #takeBets({ day, round, opening }: { day: number; round: Round; opening: readonly Command[] }): Promise<void> {
    const { date } = dayAt(this.options.calendar, day);
    const marketId = marketOn(dayAt(this.options.calendar, day + 1).date);
    const placed = this.options.bots.flatMap((bot) => {
      const bet = this.#betOf(bot, { day, round });
      return bet === undefined ? [] : [{ bot, bet }];
    });
    const commands = [...opening, ...placed.map(({ bot, bet }) => placeBet(marketId, bot.id, bet))];
    if (commands.length === 0) return;
    const outcomes = await this.#send(`${date}/${round}`, commands);
    opening.forEach((command, i) => accepted(command, outcomes[i]));
    placed.forEach(({ bot, bet }, i) => this.#book(marketId, bot, bet, outcomes[opening.length + i]));
  }

  #betOf(bot: Bot, { day, round }: { readonly day: number; readonly round: Round }): Bet | undefined {
    const { calendar, seed } = this.options;
    const strategy = strategyNamed(bot.strategyOn(dayAt(calendar, day).date));
    if (strategy.round !== round) return undefined;
    return strategy.decide({
      bot: bot.number,
      past: calendar.slice(0, day + 1),
      tomorrow: { month: monthOf(dayAt(calendar, day + 1)) },
      climate: this.#climate,
      yesPrice: this.#yesPrice,
      available: toUnits(this.ledger.account(bot.id).available),
      draw: drawsOf({ seed, bot: bot.number, day }),
    });
  }

  #book(marketId: string, bot: Bot, bet: Bet, outcome: EntryOutcome | undefined): void {
    if (outcome?.status === 'refused' && TOO_LATE.has(outcome.problem.code)) {
      this.betsRefused += 1;
      return;
    }
    const receipt = accepted(placeBet(marketId, bot.id, bet), outcome);
    this.ledger.bet(bot.id, { marketId, amount: microIn(receipt, 'amount'), fee: microIn(receipt, 'fee') });
    const price = Number(textIn(receipt, 'priceAfter'));
    this.#yesPrice = bet.outcome === 'YES' ? price : 1 - price;
    this.bets += 1;
  }

  /** For commands that no server in its right mind refuses: their results. */
  async #run(step: string, commands: readonly Command[]): Promise<readonly unknown[]> {
    const outcomes = await this.#send(step, commands);
    return commands.map((command, i) => accepted(command, outcomes[i]));
  }

  async #send(step: string, commands: readonly Command[]): Promise<readonly EntryOutcome[]> {
    const { client, timeline } = this.options;
    const isWhole = (reply: unknown): boolean => outcomesIn(reply).length === commands.length;
    const reply = await client.post(`${pathOf(timeline)}/commands`, { key: keyOf(step), body: { commands }, isWhole });
    this.#version = numberIn(reply, 'version');
    return outcomesIn(reply);
  }
}

const pathOf = (timeline: string): string => `/v1/timelines/${encodeURIComponent(timeline)}`;

const keyOf = (...parts: readonly string[]): string => ['seattle-weather', ...parts].join('/');

function accepted(command: Command, outcome: EntryOutcome | undefined): unknown {
  if (outcome?.status === 'accepted') return outcome.result;
  const why = outcome === undefined ? 'not answered' : `refused as ${outcome.problem.code}: ${outcome.problem.detail}`;
  throw new Error(`${command.type} ${JSON.stringify(command.data)} was ${why}`);
}

const payoutsIn = (receipt: unknown): readonly { readonly agentId: string; readonly amount: bigint }[] =>
  listIn(receipt, 'payouts').map((payout) => ({
    agentId: textIn(payout, 'agentId'),
    amount: toMicro(textIn(payout, 'amount')),
  }));

function dayAt(calendar: readonly Weather[], index: number): Weather {
  const day = calendar[index];
  if (day === undefined)
    throw new RangeError(`The calendar has ${calendar.length} days, none of them day ${index + 1}`);
  return day;
}
