import { newSeed, WITHOUT_SNAPSHOTS, type Seed } from './open-seed.js';
import { createBettingTimeline, placeBet, submitMany } from './economy.js';
import type { Bench } from '../bench.js';

/** As 32 clients fill a group under load, or somewhat more. */
const EVENTS_PER_COMMIT = 100;

/** Fills a timeline with bets of a hundred bots on one market until it has so many events; the state stays as large. */
export async function writeHistory(
  seed: Seed,
  { timeline, events }: { timeline: string; events: number },
): Promise<void> {
  await createBettingTimeline(seed.runtime, timeline);
  const { version } = await seed.runtime.read(timeline, {}, ({ version }) => ({ version }));
  await submitMany(seed.runtime, timeline, { count: events - version, nth: placeBet, perBatch: EVENTS_PER_COMMIT });
}

/** The product without snapshots of its own accord, and logs of the given lengths, each in a timeline `LOG-<events>`. */
export async function seedWithHistories(bench: Bench, lengths: readonly number[]): Promise<Seed> {
  const seed = await newSeed(bench, WITHOUT_SNAPSHOTS);
  for (const events of lengths) await writeHistory(seed, { timeline: historyOf(events), events });
  return seed;
}

export const historyOf = (events: number): string => `LOG-${events}`;
