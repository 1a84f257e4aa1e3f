import type { RunningServer } from '../../test/server.js';
import type { Bench } from '../bench.js';
import { betRequests } from '../http/bets.js';
import { Clients, type Pace } from '../http/clients.js';
import { requestBytes } from '../http/connection.js';
import { longestDelayMs, WATCHED } from '../http/loop-delay.js';
import { openServer } from '../http/servers.js';
import type { Figure, Measurement } from '../measurement.js';
import { perSecond, quantile } from '../rounds.js';
import { addStake, createBettingTimeline, registerAgent, submitMany, BOTS } from '../seed/economy.js';
import { newSeed, WITHOUT_SNAPSHOTS } from '../seed/open-seed.js';

const CLIENTS = 32;
const TIMELINE = 'P9';
const CROWD = 'P9-CROWD';
const PAUSE_MAX_MS = 50;

/** P9: how evenly commands are answered when there is capacity left, and whether a snapshot holds them up. */
export const latency: Measurement = {
  id: 'P9',
  title: 'latency at half the capacity, and while a snapshot is taken',
  async run(bench) {
    const server = await openFilledServer(bench);
    const clients = await Clients.open(bench, { url: server.url, count: CLIENTS });
    const pace = { perSecond: (await capacity(bench, clients)) / 2, ms: bench.scale.latencyMs };
    const even = await clients.atRate(pace, betRequests(TIMELINE));
    const quiet = await watched(server, () => clients.atRate(pace, betRequests(CROWD)));
    const snapshotted = await watched(server, () => withSnapshot(bench, { server, clients, pace }));
    const [p50, p99] = [quantile(even, 0.5), quantile(even, 0.99)];
    const { agentsMany } = bench.scale;
    return {
      figures: [
        { of: 'rate, half of what one round reached', value: pace.perSecond, unit: 'commands/s' },
        ...latencies('latency', even),
        ...latencies(`latency beside ${agentsMany} agents`, quiet.latenciesMs),
        ...latencies('latency while they are snapshotted', snapshotted.latenciesMs),
        { of: 'longest pause of the server before', value: quiet.pauseMs, unit: 'ms' },
        { of: 'longest pause of the server, snapshot included', value: snapshotted.pauseMs, unit: 'ms' },
      ],
      ratios: [
        { of: 'p99 / p50', value: p99 / p50, target: { atMost: 10 } },
        {
          of: `longest pause / ${PAUSE_MAX_MS} ms`,
          value: snapshotted.pauseMs / PAUSE_MAX_MS,
          target: { atMost: 1 },
        },
        {
          of: 'p99 while a snapshot is taken / before',
          value: quantile(snapshotted.latenciesMs, 0.99) / quantile(quiet.latenciesMs, 0.99),
        },
      ],
    };
  },
};

/** A server with a small timeline and one with many agents, both loaded. */
async function openFilledServer(bench: Bench): Promise<RunningServer> {
  const { url, runtime } = await newSeed(bench, WITHOUT_SNAPSHOTS);
  await createBettingTimeline(runtime, TIMELINE);
  await createBettingTimeline(runtime, CROWD);
  const newcomer = (nth: typeof registerAgent) => (n: number) => nth(BOTS + n);
  await submitMany(runtime, CROWD, { count: bench.scale.agentsMany, nth: newcomer(registerAgent) });
  await submitMany(runtime, CROWD, { count: bench.scale.agentsMany, nth: newcomer(addStake) });
  await bench.settle();
  const noSnapshots = { SNAPSHOT_INTERVAL_SECONDS: '86400', SNAPSHOT_EVERY_EVENTS: '1000000000' };
  return openServer(bench, { databaseUrl: url, env: { ...noSnapshots, ...WATCHED } });
}

/** Commands/s of one round in a closed loop, after one that warms up; both timelines are loaded by then. */
async function capacity({ scale }: Bench, clients: Clients): Promise<number> {
  const limits = { ms: scale.roundMs, countMax: scale.commandsPerRoundMax };
  await clients.loop(limits, betRequests(CROWD));
  await clients.loop(limits, betRequests(TIMELINE));
  return perSecond(await clients.loop(limits, betRequests(TIMELINE)));
}

async function watched(
  server: RunningServer,
  load: () => Promise<readonly number[]>,
): Promise<{ readonly latenciesMs: readonly number[]; readonly pauseMs: number }> {
  await longestDelayMs(server);
  const latenciesMs = await load();
  return { latenciesMs, pauseMs: await longestDelayMs(server) };
}

async function withSnapshot(
  bench: Bench,
  { server, clients, pace }: { readonly server: RunningServer; readonly clients: Clients; readonly pace: Pace },
): Promise<readonly number[]> {
  const operator = await Clients.open(bench, { url: server.url, count: 1 });
  const request = requestBytes({ method: 'POST', path: `/v1/timelines/${CROWD}/snapshots`, body: {} });
  const [latenciesMs] = await Promise.all([
    clients.atRate(pace, betRequests(CROWD)),
    operator.loop({ ms: pace.ms / 2, countMax: 1 }, () => request),
  ]);
  return latenciesMs;
}

function latencies(of: string, ms: readonly number[]): readonly Figure[] {
  return [
    { of: `${of}, p50`, value: quantile(ms, 0.5), unit: 'ms' },
    { of: `${of}, p99`, value: quantile(ms, 0.99), unit: 'ms' },
    { of: `${of}, longest`, value: quantile(ms, 1), unit: 'ms' },
  ];
}
