import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from '../../test/server.js';
import { betRequests } from '../http/bets.js';
import { Clients } from '../http/clients.js';
import { openServer } from '../http/servers.js';
import type { Figure, Measurement } from '../measurement.js';
import { quantile } from '../rounds.js';
import { historyOf, seedWithHistories } from '../seed/history.js';

const CLIENTS = 32;
const MODES = ['verify', 'rebuild'] as const;
/** A replay that takes longer is reported as not finished. */
const REPLAYS_MS_MAX = 600_000;

/** P14: a log is verified and rebuilt while it is being written; what the writers notice of it. */
export const replaysUnderLoad: Measurement = {
  id: 'P14',
  title: 'verify and rebuild of the long log while 32 clients write it',
  async run(bench) {
    const { logLongEvents: events, latencyMs, commandsPerRoundMax: countMax } = bench.scale;
    const { url, runtime } = await seedWithHistories(bench, [events]);
    const timeline = historyOf(events);
    await runtime.takeSnapshot(timeline);
    await bench.settle();
    const server = await openServer(bench, { databaseUrl: url });
    const clients = await Clients.open(bench, { url: server.url, count: CLIENTS });
    const write = (ms: number) => clients.loop({ ms, countMax }, betRequests(timeline));
    await write(bench.scale.roundMs);
    const before = await write(latencyMs);
    let replays: readonly FinishedReplay[] = [];
    const replaying = replayAll(server, timeline).then((finished) => (replays = finished));
    const during: number[] = [];
    let seconds = 0;
    while (replays.length === 0) {
      const round = await Promise.race([write(bench.scale.roundMs), replaying.then(() => null)]);
      if (round === null) break;
      during.push(...round.latenciesMs);
      seconds += round.seconds;
    }
    await replaying;
    await sleep(bench.scale.roundMs);
    const after = await write(latencyMs);
    const alone = [...before.latenciesMs, ...after.latenciesMs];
    return {
      figures: [
        ...latencies('alone', alone),
        ...latencies('while both replays run', during),
        { of: 'commands alone', value: alone.length / (before.seconds + after.seconds), unit: 'commands/s' },
        { of: 'commands while both replays run', value: during.length / seconds, unit: 'commands/s' },
        ...replays.map(({ mode, eventsPerSecond }) => ({ of: mode, value: eventsPerSecond, unit: 'events/s' })),
      ],
      ratios: [
        {
          of: 'p99 while both replays run / alone',
          value: quantile(during, 0.99) / quantile(alone, 0.99),
          target: { atMost: 2 },
        },
      ],
    };
  },
};

interface FinishedReplay {
  readonly id: string;
  readonly mode: string;
  readonly status: string;
  readonly matches: boolean | null;
  readonly eventsPerSecond: number;
}

/** Both at once; throws unless both end and find nothing. */
async function replayAll({ url }: RunningServer, timeline: string): Promise<readonly FinishedReplay[]> {
  const replays = `${url}/v1/admin/replays`;
  const asked = async (address: string, init?: RequestInit): Promise<FinishedReplay> =>
    (await (await fetch(address, init)).json()) as FinishedReplay;
  const headers = { 'content-type': 'application/json' };
  const start = (mode: string) => asked(replays, { method: 'POST', headers, body: JSON.stringify({ timeline, mode }) });
  const deadlineMs = performance.now() + REPLAYS_MS_MAX;
  const finish = async ({ id }: FinishedReplay): Promise<FinishedReplay> => {
    for (;;) {
      const replay = await asked(`${replays}/${id}`);
      if (replay.status === 'completed' && replay.matches === true) return replay;
      if (replay.status !== 'running' || performance.now() > deadlineMs) throw new Error(JSON.stringify(replay));
      await sleep(200);
    }
  };
  return Promise.all((await Promise.all(MODES.map(start))).map(finish));
}

const latencies = (of: string, ms: readonly number[]): readonly Figure[] => [
  { of: `latency ${of}, p50`, value: quantile(ms, 0.5), unit: 'ms' },
  { of: `latency ${of}, p99`, value: quantile(ms, 0.99), unit: 'ms' },
  { of: `latency ${of}, longest`, value: quantile(ms, 1), unit: 'ms' },
];
