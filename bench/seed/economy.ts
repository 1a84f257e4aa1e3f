import { micro, MICRO_PER_UNIT, parseAgentId, parseMarketId, type AgentId, type Command, type MarketId } from '#domain';
import { keyDigest, requestDigest } from '#event-log';
import type { RequestKey, Runtime, Submission } from '#runtime';

/** Bots that bet, wherever bets are measured. */
export const BOTS = 100;

const COMMANDS_PER_BATCH = 1_000;
const actor = 'bench';

export const units = (count: number) => micro(BigInt(count) * MICRO_PER_UNIT);
export const agentId = (n: number): AgentId => known(parseAgentId(`bot-${n}`));
export const marketId = (n: number): MarketId => known(parseMarketId(`market-${n}`));

export const registerAgent = (n: number): Command => ({
  type: 'RegisterAgent',
  agentId: agentId(n),
  deposit: units(1_000_000),
});

export const createMarket = (n: number): Command => ({
  type: 'CreateMarket',
  marketId: marketId(n),
  title: 'Will it rain tomorrow?',
  liquidity: units(1_000_000),
});

/** The nth bet on one market, by turns on either outcome, so that the price stays where it is. */
export const placeBet = (n: number, market = 0): Command => ({
  type: 'PlaceBet',
  marketId: marketId(market),
  agentId: agentId(n % BOTS),
  outcome: n % 2 === 0 ? 'YES' : 'NO',
  amount: units(1),
});

export const addStake = (n: number): Command => ({ type: 'AddStake', agentId: agentId(n), amount: units(100) });

/** A timeline on the virtual clock: nothing happens in it but by a command. */
export async function createTimeline(runtime: Runtime, name: string): Promise<void> {
  const commands: Command[] = [{ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 }];
  const { status } = await runtime.createTimeline({ name, commands, actor, key: null });
  if (status !== 'accepted') throw new Error(`the timeline ${name} was not created: ${status}`);
}

/** A timeline with one market and the bots that bet on it. */
export async function createBettingTimeline(runtime: Runtime, name: string): Promise<void> {
  await createTimeline(runtime, name);
  await submitAll(runtime, name, [createMarket(0), ...listOf(BOTS, registerAgent)]);
}

/** The nth command of a list that is never held as a whole. */
export type NthCommand = (n: number) => Command;

export const listOf = (count: number, nth: NthCommand, from = 0): Command[] =>
  Array.from({ length: count }, (_, i) => nth(from + i));

/** Many commands of a kind, in batches of 1,000 unless told otherwise. */
export async function submitMany(
  runtime: Runtime,
  timeline: string,
  { count, nth, perBatch = COMMANDS_PER_BATCH }: { count: number; nth: NthCommand; perBatch?: number },
): Promise<void> {
  for (let from = 0; from < count; from += perBatch) {
    await submitAll(runtime, timeline, listOf(Math.min(perBatch, count - from), nth, from));
  }
}

/** One batch; throws if one of its commands was not accepted. */
export async function submitAll(
  runtime: Runtime,
  timeline: string,
  commands: readonly Command[],
  keyOf: (n: number) => RequestKey | null = () => null,
): Promise<void> {
  const entries = commands.map((command, n) => ({ command, key: keyOf(n) }));
  const outcome = await runtime.executeBatch(timeline, {
    entries,
    actor,
    key: null,
    expectedVersion: null,
    atomic: false,
  });
  if (outcome.status !== 'done') throw new Error(`a batch was not done: ${outcome.status}`);
  const other = outcome.outcomes.find(({ status }) => status !== 'accepted');
  if (outcome.cutOff !== undefined || other !== undefined) {
    throw new Error(`a command of a batch was not accepted: ${JSON.stringify(other)}`, { cause: outcome.cutOff });
  }
}

/** One command alone; throws if it was not accepted. */
export async function submit(runtime: Runtime, timeline: string, command: Command, key?: RequestKey): Promise<void> {
  const submission: Submission = { command, actor, key: key ?? null, expectedVersion: null };
  const outcome = await runtime.execute(timeline, submission);
  if (outcome.status !== 'accepted') throw new Error(`a command was not accepted: ${JSON.stringify(outcome)}`);
}

/** A key as a request brings it. */
export const requestKey = (key: string): RequestKey => ({
  digest: (part) => keyDigest({ principal: actor, key, part }),
  requestHash: requestDigest(key),
});

function known<Id>(id: Id | undefined): Id {
  if (id === undefined) throw new TypeError('not an id');
  return id;
}
