import { createHash } from 'node:crypto';
import { canonicalText, evolve, readStoredEvent, State, type Command, type ReadableState } from '#domain';
import type { RecordedEvent } from '#event-log';
import type { BatchEntry } from '#runtime';
import type { Dice } from '../dice.js';
import { agent, market, units, type TestProcess } from './harness.js';

const AGENTS = ['ann', 'ben', 'cat'].map(agent);
const MARKETS = ['m', 'n'].map(market);

/** Any command that three agents and two markets may be given; many are refused. */
function anyCommand(roll: Dice): Command {
  const agentId = AGENTS[roll(3)] ?? agent('ann');
  const marketId = MARKETS[roll(2)] ?? market('m');
  const outcome = roll(2) === 0 ? 'YES' : 'NO';
  const commands: readonly Command[] = [
    { type: 'RegisterAgent', agentId, deposit: units(1_000 + roll(9_000)) },
    { type: 'DepositFunds', agentId, amount: units(1 + roll(500)) },
    { type: 'AddStake', agentId, amount: units(1 + roll(300)) },
    { type: 'WithdrawStake', agentId, amount: units(1 + roll(100)) },
    { type: 'CreateMarket', marketId, title: 'Rain?', expiresAtMs: 9e9 },
    { type: 'PlaceBet', agentId, marketId, outcome, amount: units(1 + roll(200)) },
    { type: 'PlaceBet', agentId, marketId, outcome, amount: units(1 + roll(50)) },
    { type: 'SellShares', agentId, marketId, outcome, shares: units(1 + roll(20)) },
    { type: 'AdvanceClock', byMs: 1 + roll(5) * 3_600_000 },
    { type: 'DistributeYield' },
    { type: 'RecordWorldState', globalTensionPpm: roll(1_000_000) },
  ];
  return commands[roll(commands.length)] ?? { type: 'DistributeYield' };
}

/** Agents, markets and stakes first, then whatever comes, alone and in batches; every commit is one batch. */
export async function play(
  { runtime }: Pick<TestProcess, 'runtime'>,
  timeline: string,
  { roll, batches }: { readonly roll: Dice; readonly batches: number },
): Promise<void> {
  const give = async (commands: readonly Command[]): Promise<void> => {
    const entries: readonly BatchEntry[] = commands.map((command) => ({ command, key: null }));
    await runtime.executeBatch(timeline, { entries, actor: 'test', key: null, expectedVersion: null, atomic: false });
  };
  await give([
    ...AGENTS.map((agentId): Command => ({ type: 'RegisterAgent', agentId, deposit: units(5_000) })),
    ...MARKETS.map((marketId): Command => ({ type: 'CreateMarket', marketId, title: 'Rain?', expiresAtMs: 9e9 })),
  ]);
  for (let i = 0; i < batches; i += 1) await give(Array.from({ length: 1 + roll(6) }, () => anyCommand(roll)));
}

export const hashOf = (state: ReadableState): string => {
  const hash = createHash('sha256');
  for (const piece of canonicalText(state)) hash.update(piece);
  return hash.digest('hex');
};

/** All events of a timeline. */
export async function eventsOf({ log }: Pick<TestProcess, 'log'>, timeline: string): Promise<readonly RecordedEvent[]> {
  const record = await log.findTimeline(timeline);
  if (record === undefined) throw new Error(`no timeline ${timeline}`);
  return (await log.readEvents({ timelineId: record.timelineId, afterVersion: 0, limit: 100_000 })).events;
}

/** Folds events one by one, the plain way, and tells of the state after each. */
export function foldStraight(
  events: readonly RecordedEvent[],
  afterEach: (state: State, event: RecordedEvent) => void,
): void {
  const state = new State();
  for (const event of events) {
    const read = readStoredEvent(event);
    if (read.kind === 'unreadable') throw new Error(read.reason);
    evolve(state, read.event, { version: event.version, atMs: event.atMs });
    afterEach(state, event);
  }
}
