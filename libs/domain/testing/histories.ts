import fc from 'fast-check';
import type { Command } from '../commands.js';
import type { State } from '../state.js';
import { micro, type AgentId, type DocumentName, type MarketId, type WorldEventId } from '../units.js';
import { Simulation } from './simulation.js';

/** Whatever clients may ask for; it is not known beforehand what will be refused. */
const agentId = fc.constantFrom('a', 'b', 'c', 'd', 'nobody').map((id) => id as AgentId);
const marketId = fc.constantFrom('m', 'n', 'o', 'p').map((id) => id as MarketId);
const documentName = fc.constantFrom('x', 'y').map((id) => id as DocumentName);
const outcomes = fc.integer({ min: 2, max: 5 }).map((count) => 'ABCDE'.slice(0, count).split(''));
const outcome = fc.constantFrom('A', 'B', 'C', 'E');
const elapsedMs = fc.oneof(fc.constantFrom(0, 1, 999, 1_000, 10_000), fc.integer({ min: 1, max: 90 * 86_400_000 }));
const millionths = fc.integer({ min: 0, max: 50_000_000 });

/** From a micro-unit to 2^50 of them, each magnitude as likely as another. */
const amount = fc
  .tuple(fc.integer({ min: 0, max: 49 }), fc.nat())
  .map(([bits, noise]) => micro((1n << BigInt(bits)) + (BigInt(noise) % (1n << BigInt(bits)))));
const liquidity = amount.map((drop) => micro(1_000_000n + (drop % 10_000_000_000n)));

/** Times are from now and shares in thousandths of what is held, which only a state can turn into a command. */
export type Intent =
  | Exclude<Command, { type: 'CreateMarket' | 'SellShares' | 'ImportLegacy' | 'CreateTimeline' }>
  | (Omit<Extract<Command, { type: 'CreateMarket' }>, 'expiresAtMs'> & { readonly expiresInMs: number })
  | (Omit<Extract<Command, { type: 'SellShares' }>, 'shares'> & { readonly permille: bigint });

const of = <T extends Intent['type']>(type: T) => fc.constant(type);
const funds = { agentId, amount };
const trading = { marketId, agentId, outcome };

const intent: fc.Arbitrary<Intent> = fc.oneof(
  fc.record({ type: of('RegisterAgent'), agentId, deposit: amount }),
  fc.record({ type: of('DepositFunds'), ...funds }),
  fc.record({ type: of('WithdrawFunds'), ...funds }),
  fc.record({ type: of('TransferFunds'), from: agentId, to: agentId, amount }),
  { weight: 3, arbitrary: fc.record({ type: of('AddStake'), ...funds }) },
  { weight: 2, arbitrary: fc.record({ type: of('WithdrawStake'), ...funds }) },
  fc.record({ type: of('ChangeApy'), apyPpm: fc.integer({ min: 0, max: 1_000_000_000 }) }),
  { weight: 2, arbitrary: fc.record({ type: of('DistributeYield') }) },
  { weight: 2, arbitrary: fc.record({ type: of('PayScheduledYield') }) },
  fc.record({
    type: of('CreateMarket'),
    marketId,
    title: fc.string({ maxLength: 3 }),
    outcomes,
    liquidity,
    feeBps: fc.integer({ min: 0, max: 5_000 }),
    expiresInMs: elapsedMs,
  }),
  { weight: 6, arbitrary: fc.record({ type: of('PlaceBet'), ...trading, amount }) },
  { weight: 4, arbitrary: fc.record({ type: of('SellShares'), ...trading, permille: fc.bigInt(1n, 1_001n) }) },
  fc.record({ type: of('CloseMarket'), marketId }),
  fc.record({
    type: of('ResolveMarket'),
    marketId,
    payout: fc.array(fc.nat({ max: 1_000_000 }), { minLength: 2, maxLength: 5 }),
  }),
  fc.record({ type: of('ResolveMarket'), marketId, outcome }),
  fc.record({ type: of('VoidMarket'), marketId, reason: fc.string({ maxLength: 3 }) }),
  { weight: 4, arbitrary: fc.record({ type: of('AdvanceClock'), byMs: elapsedMs }) },
  fc.record({
    type: of('IngestWorldEvent'),
    eventId: fc.constantFrom('e', 'f').map((id) => id as WorldEventId),
    title: fc.constantFrom('Election', 'Live', 'Word'),
    description: fc.constant(''),
    source: fc.constant(''),
    url: fc.constant(''),
    publishedAtMs: fc.constantFrom(null, 0),
    inputs: fc.record({
      sentiment: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      socialVolume: millionths.map((value) => value * 100),
      newsVelocity: millionths,
      assetVolatility: millionths,
    }),
  }),
  fc.record({
    type: of('RecordWorldState'),
    globalTensionPpm: fc.nat({ max: 1_000_000 }),
    recentReasoning: fc.string({ unit: 'grapheme', maxLength: 3 }),
    appendLines: fc.array(fc.string({ maxLength: 2 }), { maxLength: 2 }),
  }),
  fc.record({ type: of('SaveDocument'), name: documentName, text: fc.string({ unit: 'grapheme', maxLength: 4 }) }),
  fc.record({ type: of('RemoveDocument'), name: documentName }),
);

/** What is asked of one timeline, one thing after the other. */
export const intents = fc.array(intent, { maxLength: 60, size: 'max' });
/** The same, by groups that are decided on one overlay. */
export const groups = fc.array(fc.array(intent, { minLength: 1, maxLength: 8, size: 'max' }), {
  maxLength: 10,
  size: 'max',
});

/** The command that an intent comes to in a state. */
export function commandOf(asked: Intent, { nowMs, holdings, markets }: State): Command {
  if (asked.type === 'CreateMarket') {
    const { expiresInMs, ...rest } = asked;
    return { ...rest, expiresAtMs: nowMs + expiresInMs };
  }
  if (asked.type === 'SellShares') {
    const { permille, ...rest } = asked;
    const index = markets.get(asked.marketId)?.terms.outcomes.indexOf(asked.outcome) ?? -1;
    const held = holdings.get(`${asked.marketId}/${asked.agentId}`)?.shares[index] ?? 0n;
    return { ...rest, shares: micro((held * permille) / 1_000n) };
  }
  return asked;
}

/** A timeline with agents who have something, stakes and a market, so that most of what follows can happen. */
export function begun(afterEach?: ConstructorParameters<typeof Simulation>[0]): Simulation {
  const simulation = new Simulation(afterEach);
  const deposit = micro(5_000_000_000n);
  const ids = ['a', 'b', 'c'].map((id) => id as AgentId);
  const commands: readonly Command[] = [
    { type: 'CreateTimeline', clock: 'virtual', startAtMs: 1_000_000 },
    ...ids.map((id) => ({ type: 'RegisterAgent', agentId: id, deposit }) as const),
    ...ids.map((id) => ({ type: 'AddStake', agentId: id, amount: micro(1_234_567_891n) }) as const),
    { type: 'CreateMarket', marketId: 'm' as MarketId, title: '', outcomes: ['A', 'B', 'C'], expiresAtMs: 1e12 },
  ];
  for (const command of commands) {
    const { kind } = simulation.run(command);
    if (kind !== 'accepted') throw new Error(`${command.type} was ${kind}`);
  }
  return simulation;
}

/** Runs whatever is asked, accepted or not. */
export function play(simulation: Simulation, asked: readonly Intent[]): void {
  for (const each of asked) simulation.run(commandOf(each, simulation.state));
}
