import { readdirSync, readFileSync } from 'node:fs';
import {
  micro,
  readLegacyFiles,
  type AgentId,
  type Command,
  type DocumentName,
  type MarketId,
  type WorldEventId,
} from '#domain';
import type { Runtime } from '#runtime';
import { agent, market, units } from '../runtime/harness.js';

/** How a frozen log was made: commands, one after the other, through a runtime. */
export type Recipe = (runtime: Runtime) => Promise<void>;

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

const create = async (runtime: Runtime, name: string, ...commands: readonly Command[]): Promise<void> => {
  const first: Command = { type: 'CreateTimeline', clock: 'virtual', startAtMs: START_MS };
  const { status } = await runtime.createTimeline({ name, commands: [first, ...commands], actor: 'corpus', key: null });
  if (status !== 'accepted') throw new Error(`timeline ${name}: ${status}`);
};

const give = async (runtime: Runtime, timeline: string, ...commands: readonly Command[]): Promise<void> => {
  for (const command of commands) {
    const { status } = await runtime.execute(timeline, { command, actor: 'corpus', key: null, expectedVersion: null });
    if (status !== 'accepted' && status !== 'refused') throw new Error(`${command.type}: ${status}`);
  }
};

/** Park–Miller: the same numbers on every machine for ever. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Each kind of command at least once, among them what closes, settles and voids. */
const everyKind: readonly Command[] = [
  { type: 'RegisterAgent', agentId: agent('ana'), name: 'Ana Ångström 🌧', deposit: units(5_000) },
  { type: 'RegisterAgent', agentId: agent('ben'), deposit: units(5_000) },
  { type: 'RegisterAgent', agentId: agent('cy') },
  { type: 'DepositFunds', agentId: agent('cy'), amount: micro(1_234_567_890_123n) },
  { type: 'WithdrawFunds', agentId: agent('cy'), amount: micro(23n) },
  { type: 'TransferFunds', from: agent('cy'), to: agent('ana'), amount: units(7) },
  { type: 'AddStake', agentId: agent('ana'), amount: units(1_000) },
  { type: 'AddStake', agentId: agent('cy'), amount: micro(999_999_999n) },
  { type: 'AdvanceClock', byMs: 5 * DAY_MS },
  { type: 'DistributeYield' },
  { type: 'ChangeApy', apyPpm: 80_000 },
  { type: 'AdvanceClock', byMs: 12_345 },
  { type: 'PayScheduledYield' },
  { type: 'WithdrawStake', agentId: agent('cy'), amount: micro(1n) },
  ingested('quake', 'Breaking: earthquake in the Pacific', 9_000),
  ingested('rates', 'Bank holds its rates', 600),
  ingested('cat', 'A cat', 1),
  {
    type: 'RecordWorldState',
    globalTensionPpm: 420_000,
    recentReasoning: 'It rains.',
    appendLines: ['one', 'zwei', '三'],
  },
  { type: 'CreateMarket', marketId: market('rain'), title: 'Will it rain?', expiresAtMs: START_MS + 30 * DAY_MS },
  {
    ...{ type: 'CreateMarket', marketId: market('cup'), title: 'Who wins?', outcomes: ['A', 'B', 'C'] },
    ...{ liquidity: units(250), feeBps: 0, expiresAtMs: START_MS + 40 * DAY_MS, domain: 'sports' },
  },
  { type: 'CreateMarket', marketId: market('vote'), title: 'Who is voted for?', expiresAtMs: START_MS + 50 * DAY_MS },
  { type: 'PlaceBet', marketId: market('rain'), agentId: agent('ana'), outcome: 'YES', amount: units(100) },
  { type: 'PlaceBet', marketId: market('vote'), agentId: agent('ben'), outcome: 'NO', amount: micro(1_000_001n) },
  { type: 'SellShares', marketId: market('rain'), agentId: agent('ana'), outcome: 'YES', shares: units(50) },
  { type: 'SaveDocument', name: 'plan' as DocumentName, text: '{"n": 123456789012345678901234567890, "é": "\\u0041"}' },
  { type: 'SaveDocument', name: 'plan' as DocumentName, text: '[ ]' },
  { type: 'SaveDocument', name: 'gone' as DocumentName, text: 'null' },
  { type: 'RemoveDocument', name: 'gone' as DocumentName },
  { type: 'VoidMarket', marketId: market('vote'), reason: 'nobody came' },
];

function ingested(eventId: string, title: string, socialVolume: number): Command {
  const inputs = {
    sentiment: -750_000,
    socialVolume: socialVolume * 1_000_000,
    newsVelocity: 3_000_000,
    assetVolatility: 25_000,
  };
  return {
    ...{ type: 'IngestWorldEvent', eventId: eventId as WorldEventId, title, description: `${title}, it is said.` },
    ...{ source: 'wire', url: `https://example.org/${eventId}`, publishedAtMs: START_MS, inputs },
  };
}

/** A season of bets, sales, stakes and distributions that nobody picked by hand. */
function season(seed: number, commands: number): readonly Command[] {
  const draw = drawing(seed);
  const agents = ['ana', 'ben', 'cy'] as const;
  const anyone = (): AgentId => agent(agents[draw(agents.length)] ?? 'ana');
  const some = () => micro(BigInt(1 + draw(50_000_000)));
  const trade = () => {
    const marketId: MarketId = market(draw(2) === 0 ? 'rain' : 'cup');
    const outcomes = marketId === market('rain') ? ['YES', 'NO'] : ['A', 'B', 'C'];
    return { marketId, agentId: anyone(), outcome: outcomes[draw(outcomes.length)] ?? '' };
  };
  const kinds: readonly (() => Command)[] = [
    () => ({ type: 'PlaceBet', ...trade(), amount: some() }),
    () => ({ type: 'PlaceBet', ...trade(), amount: some() }),
    () => ({ type: 'SellShares', ...trade(), shares: some() }),
    () => ({ type: 'AddStake', agentId: anyone(), amount: some() }),
    () => ({ type: 'WithdrawStake', agentId: anyone(), amount: some() }),
    () => ({ type: 'AdvanceClock', byMs: 1 + draw(3_600_000) }),
    () => ({ type: 'PayScheduledYield' }),
    () => ({ type: 'TransferFunds', from: anyone(), to: anyone(), amount: some() }),
  ];
  return Array.from({ length: commands }, () => kinds[draw(kinds.length)]?.() ?? { type: 'DistributeYield' });
}

const settled: readonly Command[] = [
  { type: 'ResolveMarket', marketId: market('cup'), payout: [3, 0, 1] },
  { type: 'AdvanceClock', toMs: START_MS + 31 * DAY_MS },
  { type: 'ResolveMarket', marketId: market('rain'), outcome: 'YES' },
  { type: 'DistributeYield' },
];

function legacyImport(): Command {
  const directory = new URL('../fixtures/legacy-state/', import.meta.url);
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, text: readFileSync(new URL(name, directory), 'utf8') }));
  const reading = readLegacyFiles(files, { utcOffsetMinutes: 0 });
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.command;
}

/** Forks the first in the middle of a commit, and the fork at its head. */
async function forks(runtime: Runtime): Promise<void> {
  await create(runtime, 'TRUNK');
  const entries = everyKind.slice(0, 10).map((command) => ({ command, key: null }));
  const batch = { entries, actor: 'corpus', key: null, expectedVersion: null, atomic: true };
  const { status } = await runtime.executeBatch('TRUNK', batch);
  if (status !== 'done') throw new Error(`batch: ${status}`);
  const settings = { tickSeconds: 3_600, liquidity: units(77), feeBps: 10 };
  await fork(runtime, { parent: 'TRUNK', name: 'TRUNK-BRANCH', at: 9, terms: { settings, reason: 'what if' } });
  await give(runtime, 'TRUNK', { type: 'ChangeApy', apyPpm: 70_000 });
  await give(runtime, 'TRUNK-BRANCH', ...everyKind.slice(8), ...season(7, 60));
  await fork(runtime, { parent: 'TRUNK-BRANCH', name: 'TRUNK-BRANCH-TWIG', at: null, terms: {} });
  await give(runtime, 'TRUNK-BRANCH-TWIG', ...settled, { type: 'CompleteTimeline', result: ['done', 1.5, null] });
}

/** Forks that run on from their own time or from today, and timelines that are archived long after they were completed. */
async function clocks(runtime: Runtime): Promise<void> {
  const complete: Command = { type: 'CompleteTimeline', result: 'done' };
  await create(runtime, 'ROOT');
  await give(runtime, 'ROOT', ...everyKind.slice(0, 20));
  for (const [name, terms] of [
    ['ROOT-WALL', { clock: 'wall' }],
    ['ROOT-TODAY', { clock: 'wall', runsFrom: 'now' }],
  ] as const) {
    await fork(runtime, { parent: 'ROOT', name, at: null, terms });
    await give(runtime, name, { type: 'DepositFunds', agentId: agent('cy'), amount: units(1) });
  }
  await fork(runtime, { parent: 'ROOT-WALL', name: 'ROOT-WALL-WALL', at: null, terms: { clock: 'wall' } });
  for (const name of ['ROOT-WALL', 'ROOT']) await give(runtime, name, complete, { type: 'ArchiveTimeline' });
}

async function fork(
  runtime: Runtime,
  of: Omit<Parameters<Runtime['forkTimeline']>[0], 'actor' | 'key'>,
): Promise<void> {
  const { status } = await runtime.forkTimeline({ ...of, actor: 'corpus', key: null });
  if (status !== 'accepted') throw new Error(`fork ${of.name}: ${status}`);
}

/** By the name of the file. A recipe is there to tell how its file was made; the file stays when commands change. */
export const recipes: Readonly<Record<string, Recipe>> = {
  'economy-1': async (runtime) => {
    await create(runtime, 'ECONOMY');
    await give(runtime, 'ECONOMY', ...everyKind, ...season(20_260_101, 400), ...settled);
  },
  'legacy-1': async (runtime) => {
    await create(runtime, 'LEGACY', legacyImport());
    await give(runtime, 'LEGACY', { type: 'AdvanceClock', toMs: Date.UTC(2027, 0, 1) }, { type: 'DistributeYield' });
  },
  'ended-1': async (runtime) => {
    await create(runtime, 'COMPLETED');
    await give(runtime, 'COMPLETED', ...everyKind.slice(0, 4), { type: 'CompleteTimeline', result: { winner: 'ana' } });
    await create(runtime, 'ARCHIVED');
    await give(runtime, 'ARCHIVED', { type: 'ArchiveTimeline' });
  },
  'forks-1': forks,
  'clocks-1': clocks,
};
