import type { Bench } from '../bench.js';
import { betRequests, keyedBetRequests } from '../http/bets.js';
import { Clients } from '../http/clients.js';
import { openIdleServer, openServer } from '../http/servers.js';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median, perSecond } from '../rounds.js';
import { createBettingTimeline } from '../seed/economy.js';
import { newSeed } from '../seed/open-seed.js';
import { openEmmett } from '../yardsticks/emmett.js';

const CLIENTS = 32;
const TIMELINE = 'P1';

/** P1: bets over HTTP, one a request, against the same pipeline with nothing behind it. */
export const httpCommands: Measurement = {
  id: 'P1',
  title: 'one command a request over HTTP, 32 clients, durable',
  async run(bench) {
    const { url, runtime } = await newSeed(bench);
    await createBettingTimeline(runtime, TIMELINE);
    const server = await openServer(bench, { databaseUrl: url });
    const emmett = await openEmmett(bench, CLIENTS);
    const seed = await Clients.open(bench, { url: server.url, count: CLIENTS });
    const idle = await Clients.open(bench, { url: await openIdleServer(bench), count: CLIENTS });
    const rounds = await inTurns(bench.scale.rounds, {
      seed: requesting(bench, seed, betRequests(TIMELINE)),
      idle: requesting(bench, idle, betRequests(TIMELINE)),
      keyed: requesting(bench, seed, keyedBetRequests(TIMELINE)),
      emmett: () => emmett.appends(),
    });
    return {
      figures: [
        figure('Seed', rounds.seed, 'commands/s'),
        figure('Seed, each command with a key', rounds.keyed, 'commands/s'),
        figure('a handler that does nothing', rounds.idle, 'requests/s'),
        figure('Emmett, without HTTP, 32 clients on streams of their own', rounds.emmett, 'appends/s'),
      ],
      ratios: [
        {
          of: 'Seed / a handler that does nothing',
          value: median(rounds.seed) / median(rounds.idle),
          target: { atLeast: 0.6 },
        },
        { of: 'Seed / Emmett', value: median(rounds.seed) / median(rounds.emmett), target: { atLeast: 4 } },
      ],
    };
  },
};

/** Requests/s of one round. */
export function requesting({ scale }: Bench, clients: Clients, nth: (n: number) => Buffer): () => Promise<number> {
  const limits = { ms: scale.roundMs, countMax: scale.commandsPerRoundMax };
  return async () => perSecond(await clients.loop(limits, nth));
}
