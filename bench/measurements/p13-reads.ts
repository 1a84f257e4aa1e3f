import { agentReads } from '../http/bets.js';
import { Clients } from '../http/clients.js';
import { openIdleServer, openServer } from '../http/servers.js';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median } from '../rounds.js';
import { createBettingTimeline, placeBet, submitMany, BOTS } from '../seed/economy.js';
import { newSeed } from '../seed/open-seed.js';
import { requesting } from './p01-http-commands.js';

const CLIENTS = 32;
const TIMELINE = 'P13';

/** P13: reads that see everything committed before they came, against the same pipeline with nothing behind it. */
export const reads: Measurement = {
  id: 'P13',
  title: 'linearizable reads of an agent over HTTP, 32 clients',
  async run(bench) {
    const { url, runtime } = await newSeed(bench);
    await createBettingTimeline(runtime, TIMELINE);
    await submitMany(runtime, TIMELINE, { count: BOTS, nth: placeBet });
    const server = await openServer(bench, { databaseUrl: url });
    const seed = await Clients.open(bench, { url: server.url, count: CLIENTS });
    const idle = await Clients.open(bench, { url: await openIdleServer(bench), count: CLIENTS });
    const rounds = await inTurns(bench.scale.rounds, {
      seed: requesting(bench, seed, agentReads(TIMELINE)),
      idle: requesting(bench, idle, agentReads(TIMELINE)),
    });
    return {
      figures: [
        figure('Seed', rounds.seed, 'reads/s'),
        figure('a handler that does nothing', rounds.idle, 'requests/s'),
      ],
      ratios: [
        {
          of: 'Seed / a handler that does nothing',
          value: median(rounds.seed) / median(rounds.idle),
          target: { atLeast: 0.6 },
        },
      ],
    };
  },
};
