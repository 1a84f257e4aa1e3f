import type { Bench } from '../bench.js';
import { betRequests } from '../http/bets.js';
import { Clients } from '../http/clients.js';
import { openServer } from '../http/servers.js';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median } from '../rounds.js';
import { createBettingTimeline } from '../seed/economy.js';
import { newSeed } from '../seed/open-seed.js';
import { openWriter } from '../seed/writers.js';
import { requesting } from './p01-http-commands.js';

const CLIENTS = 32;
const SERVED = 'P11-SERVED';
const WRITTEN = 'P11-WRITTEN';

/** P11: two processes on one timeline lose appends to each other; how much it costs. */
export const twoProcesses: Measurement = {
  id: 'P11',
  title: 'two processes writing one timeline, 32 clients in all',
  async run(bench) {
    const { url, runtime } = await newSeed(bench);
    await createBettingTimeline(runtime, SERVED);
    await createBettingTimeline(runtime, WRITTEN);
    const rounds = await inTurns(bench.scale.rounds, {
      ...(await servers(bench, url)),
      ...(await writers(bench, url)),
    });
    const served = median(rounds.twoServers) / median(rounds.oneServer);
    return {
      figures: [
        figure('one server', rounds.oneServer, 'commands/s'),
        figure('two servers, 16 clients each', rounds.twoServers, 'commands/s'),
        figure('one runtime without HTTP', rounds.oneWriter, 'commands/s'),
        figure('two runtimes without HTTP, 16 callers each', rounds.twoWriters, 'commands/s'),
      ],
      ratios: [
        { of: 'two servers / one', value: served, target: { atLeast: 0.8 } },
        { of: 'two runtimes / one', value: median(rounds.twoWriters) / median(rounds.oneWriter) },
      ],
    };
  },
};

async function servers(bench: Bench, databaseUrl: string) {
  const first = await openServer(bench, { databaseUrl });
  const second = await openServer(bench, { databaseUrl });
  const alone = await Clients.open(bench, { url: first.url, count: CLIENTS });
  const halves = [
    await Clients.open(bench, { url: first.url, count: CLIENTS / 2 }),
    await Clients.open(bench, { url: second.url, count: CLIENTS / 2 }),
  ];
  const asking = (clients: Clients): Promise<number> => requesting(bench, clients, betRequests(SERVED))();
  return {
    oneServer: () => asking(alone),
    twoServers: async () => sum(await Promise.all(halves.map(asking))),
  };
}

async function writers(bench: Bench, url: string) {
  const [first, second] = [
    await openWriter(bench, { url, timeline: WRITTEN }),
    await openWriter(bench, { url, timeline: WRITTEN }),
  ];
  const { roundMs: ms, commandsPerRoundMax: countMax } = bench.scale;
  const half = { callers: CLIENTS / 2, ms, countMax };
  return {
    oneWriter: () => first.order({ callers: CLIENTS, ms, countMax }),
    twoWriters: async () => sum(await Promise.all([first.order(half), second.order(half)])),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
