import type { Bench } from '../bench.js';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median, perSecond, runCallers } from '../rounds.js';
import { createMarket, createTimeline, submit, submitMany } from '../seed/economy.js';
import { newSeed, WITHOUT_SNAPSHOTS, type Seed } from '../seed/open-seed.js';

const CALLERS = 32;
/** So few that a state of one market stays a small one. */
const MARKETS_PER_ROUND = 2_000;
const MANY = 'P6-MANY';

/** P6: what creating a market costs must not depend on how many there are. */
export const markets: Measurement = {
  id: 'P6',
  title: 'MarketCreated with one and with many markets in the state, 32 callers',
  async run(bench) {
    const { marketsMany, rounds: count } = bench.scale;
    const seed = await newSeed(bench, WITHOUT_SNAPSHOTS);
    await createTimeline(seed.runtime, MANY);
    await submitMany(seed.runtime, MANY, { count: marketsMany, nth: createMarket });
    await bench.settle();
    const rounds = await inTurns(count, {
      few: inNewTimeline(bench, seed),
      many: inOneTimeline(bench, seed, marketsMany),
    });
    return {
      figures: [
        figure('1 market in the state', rounds.few, 'commands/s'),
        figure(`${marketsMany} markets in the state`, rounds.many, 'commands/s'),
      ],
      ratios: [{ of: '1 market / many', value: median(rounds.few) / median(rounds.many), target: { atMost: 1.2 } }],
    };
  },
};

function inNewTimeline(bench: Bench, seed: Seed): () => Promise<number> {
  let timelines = 0;
  return async () => {
    timelines += 1;
    const timeline = `P6-FEW-${timelines}`;
    await createTimeline(seed.runtime, timeline);
    await submit(seed.runtime, timeline, createMarket(0));
    return creating(bench, seed, { timeline, from: 1 });
  };
}

function inOneTimeline(bench: Bench, seed: Seed, marketsThere: number): () => Promise<number> {
  let from = marketsThere;
  return async () => {
    const rate = await creating(bench, seed, { timeline: MANY, from });
    from += MARKETS_PER_ROUND;
    return rate;
  };
}

async function creating(
  { scale }: Bench,
  { runtime }: Seed,
  { timeline, from }: { readonly timeline: string; readonly from: number },
): Promise<number> {
  return perSecond(
    await runCallers({ callers: CALLERS, ms: 10 * scale.roundMs, countMax: MARKETS_PER_ROUND }, (_caller, n) =>
      submit(runtime, timeline, createMarket(from + n)),
    ),
  );
}
