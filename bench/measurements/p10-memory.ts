import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Bench } from '../bench.js';
import { betRequests } from '../http/bets.js';
import { Clients } from '../http/clients.js';
import { openServer } from '../http/servers.js';
import type { Measurement } from '../measurement.js';
import {
  addStake,
  agentId,
  createMarket,
  createTimeline,
  marketId,
  registerAgent,
  submitMany,
  units,
  type NthCommand,
} from '../seed/economy.js';
import { newSeed, WITHOUT_SNAPSHOTS, type Seed } from '../seed/open-seed.js';

const TIMELINE = 'P10';
const COMMANDS = 1_000;
const MEMORY_MAX_MB = 500;

/** P10: what a server holds that has loaded a large economy and is at work on it. */
export const memory: Measurement = {
  id: 'P10',
  title: 'memory of many agents with a stake and a position each',
  async run(bench) {
    const { agentsMany, marketsInMemory } = bench.scale;
    const seed = await newSeed(bench, WITHOUT_SNAPSHOTS);
    await fill(seed, { agents: agentsMany, markets: marketsInMemory });
    const fromLog = await residentMb(bench, seed.url);
    await seed.runtime.takeSnapshot(TIMELINE);
    const fromSnapshot = await residentMb(bench, seed.url);
    const largest = Math.max(fromLog, fromSnapshot);
    return {
      figures: [
        { of: `${agentsMany} agents, ${marketsInMemory} markets, from the log`, value: fromLog, unit: 'MB' },
        { of: `${agentsMany} agents, ${marketsInMemory} markets, from a snapshot`, value: fromSnapshot, unit: 'MB' },
      ],
      ratios: [{ of: `resident / ${MEMORY_MAX_MB} MB`, value: largest / MEMORY_MAX_MB, target: { atMost: 1 } }],
    };
  },
};

async function fill({ runtime }: Seed, { agents, markets }: { agents: number; markets: number }): Promise<void> {
  const bet: NthCommand = (n) => ({
    type: 'PlaceBet',
    marketId: marketId(n % markets),
    agentId: agentId(n),
    outcome: n % 2 === 0 ? 'YES' : 'NO',
    amount: units(1),
  });
  await createTimeline(runtime, TIMELINE);
  await submitMany(runtime, TIMELINE, { count: markets, nth: createMarket });
  for (const nth of [registerAgent, addStake, bet]) await submitMany(runtime, TIMELINE, { count: agents, nth });
}

/** Of a server that has loaded the timeline and executed a thousand commands. */
async function residentMb(bench: Bench, databaseUrl: string): Promise<number> {
  const server = await openServer(bench, { databaseUrl });
  const clients = await Clients.open(bench, { url: server.url, count: 4 });
  await clients.loop({ ms: 60_000, countMax: COMMANDS }, betRequests(TIMELINE));
  const mb = residentKilobytes(server.pid) / 1_000;
  server.kill('SIGKILL');
  await server.exited;
  return mb;
}

function residentKilobytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const text = existsSync(status)
    ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(text) * 1.024;
}
