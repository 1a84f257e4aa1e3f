import type { Bench } from '../bench.js';
import { batchRequest } from '../http/bets.js';
import { Clients } from '../http/clients.js';
import { openServer } from '../http/servers.js';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median, perSecond } from '../rounds.js';
import { createBettingTimeline } from '../seed/economy.js';
import { newSeed } from '../seed/open-seed.js';
import { openBulkRows } from '../yardsticks/bulk-rows.js';

const BETS_PER_BATCH = 1_000;
/** While one batch is being committed the next is read and another one sent. */
const CLIENTS = 4;
const TIMELINE = 'P3';

/** P3: batches over HTTP against the fastest way of writing as many rows. */
export const batches: Measurement = {
  id: 'P3',
  title: 'batches of 1,000 bets over HTTP, durable',
  async run(bench) {
    const { url, runtime } = await newSeed(bench);
    await createBettingTimeline(runtime, TIMELINE);
    const server = await openServer(bench, { databaseUrl: url });
    const several = await Clients.open(bench, { url: server.url, count: CLIENTS });
    const one = await Clients.open(bench, { url: server.url, count: 1 });
    const rows = await openBulkRows(bench, 2 * bench.scale.batchesPerRound);
    const rounds = await inTurns(bench.scale.rounds, {
      several: sending(bench, several),
      rows,
      one: sending(bench, one),
    });
    return {
      figures: [
        figure(`Seed, ${CLIENTS} clients`, rounds.several, 'commands/s'),
        figure('Seed, 1 client', rounds.one, 'commands/s'),
        figure('500 rows a statement, one connection', rounds.rows, 'rows/s'),
      ],
      ratios: [
        {
          of: `Seed, ${CLIENTS} clients / bulk insert`,
          value: median(rounds.several) / median(rounds.rows),
          target: { atLeast: 0.5 },
        },
        { of: 'Seed, 1 client / bulk insert', value: median(rounds.one) / median(rounds.rows) },
      ],
    };
  },
};

function sending({ scale }: Bench, clients: Clients): () => Promise<number> {
  const batch = batchRequest(TIMELINE, BETS_PER_BATCH);
  const limits = { ms: 10 * scale.roundMs, countMax: scale.batchesPerRound };
  return async () => perSecond(await clients.loop(limits, () => batch)) * BETS_PER_BATCH;
}
