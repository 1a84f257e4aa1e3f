import type { Command } from '#domain';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median, timed } from '../rounds.js';
import { addStake, createTimeline, listOf, registerAgent, submitAll, submitMany } from '../seed/economy.js';
import { newSeed, WITHOUT_SNAPSHOTS, type Seed } from '../seed/open-seed.js';

const STAKERS_FEW = 10;
/** In one batch, so that the commit's share of the time is small and the distribution's own is seen. */
const DISTRIBUTIONS_PER_ROUND = 500;

/** P7: a distribution is one event, and its cost does not depend on how many it pays. */
export const distributions: Measurement = {
  id: 'P7',
  title: 'a distribution to few and to many stakers',
  async run(bench) {
    const { stakersMany, rounds: count } = bench.scale;
    const seed = await newSeed(bench, WITHOUT_SNAPSHOTS);
    const contenders = { few: STAKERS_FEW, many: stakersMany };
    for (const [timeline, stakers] of Object.entries(contenders)) await createStakers(seed, timeline, stakers);
    await bench.settle();
    const rounds = await inTurns(2 * count + 1, {
      few: () => distribute(seed, 'few'),
      many: () => distribute(seed, 'many'),
    });
    return {
      figures: [
        figure(`${STAKERS_FEW} stakers`, rounds.few, 'µs/distribution'),
        figure(`${stakersMany} stakers`, rounds.many, 'µs/distribution'),
      ],
      ratios: [{ of: 'many / few', value: median(rounds.many) / median(rounds.few), target: { atMost: 1.5 } }],
    };
  },
};

async function createStakers({ runtime }: Seed, timeline: string, stakers: number): Promise<void> {
  await createTimeline(runtime, timeline);
  await submitMany(runtime, timeline, { count: stakers, nth: registerAgent });
  await submitMany(runtime, timeline, { count: stakers, nth: addStake });
}

/** An hour passes and is paid for, five hundred times; µs each. Throws if a distribution is not one event. */
async function distribute({ runtime }: Seed, timeline: string): Promise<number> {
  const hour: Command = { type: 'AdvanceClock', byMs: 3_600_000 };
  const pay: Command = { type: 'DistributeYield' };
  const commands = listOf(2 * DISTRIBUTIONS_PER_ROUND, (n) => (n % 2 === 0 ? hour : pay));
  const before = await runtime.read(timeline, {}, ({ version }) => version);
  const ms = await timed(() => submitAll(runtime, timeline, commands));
  const events = (await runtime.read(timeline, {}, ({ version }) => version)) - before;
  if (events !== commands.length) throw new Error(`${commands.length} commands wrote ${events} events`);
  return (ms * 1_000) / DISTRIBUTIONS_PER_ROUND;
}
