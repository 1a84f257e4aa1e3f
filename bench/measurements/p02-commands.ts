import type { Bench } from '../bench.js';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median, perSecond, runCallers } from '../rounds.js';
import { createBettingTimeline, placeBet, requestKey, submit } from '../seed/economy.js';
import { newSeed, type Seed } from '../seed/open-seed.js';
import { openSingleRows } from '../yardsticks/single-rows.js';

const CALLERS = 32;
const TIMELINE = 'P2';

/** P2: the runtime without HTTP against PostgreSQL's own single-row transactions. */
export const commands: Measurement = {
  id: 'P2',
  title: 'the runtime without HTTP, 32 callers, one command each, durable',
  async run(bench) {
    const seed = await newSeed(bench);
    await createBettingTimeline(seed.runtime, TIMELINE);
    const rows = await openSingleRows(bench, CALLERS);
    const rounds = await inTurns(bench.scale.rounds, {
      plain: betting(bench, seed, CALLERS, false),
      keyed: betting(bench, seed, CALLERS, true),
      alone: betting(bench, seed, 1, false),
      straight: () => rows.straight(),
      throughPg: () => rows.throughPg(),
    });
    return {
      figures: [
        figure('Seed', rounds.plain, 'commands/s'),
        figure('Seed, each command with a key', rounds.keyed, 'commands/s'),
        figure('Seed, one caller', rounds.alone, 'commands/s'),
        figure('single-row transactions, straight to the socket', rounds.straight, 'transactions/s'),
        figure('single-row transactions, through pg', rounds.throughPg, 'transactions/s'),
      ],
      ratios: [
        {
          of: 'Seed / single-row transactions',
          value: median(rounds.plain) / Math.max(median(rounds.straight), median(rounds.throughPg)),
          target: { atLeast: 1 },
        },
      ],
    };
  },
};

function betting({ scale }: Bench, { runtime }: Seed, callers: number, keyed: boolean): () => Promise<number> {
  const { roundMs: ms, commandsPerRoundMax: countMax } = scale;
  let keys = 0;
  return async () =>
    perSecond(
      await runCallers({ callers, ms, countMax }, (_caller, n) =>
        submit(runtime, TIMELINE, placeBet(n), keyed ? requestKey(`key ${(keys += 1)}`) : undefined),
      ),
    );
}
