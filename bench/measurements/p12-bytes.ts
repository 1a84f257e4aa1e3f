import { connect } from '../bench.js';
import type { Bench } from '../bench.js';
import type { Measurement } from '../measurement.js';
import { createBettingTimeline, listOf, placeBet, requestKey, submitAll } from '../seed/economy.js';
import { newSeed, WITHOUT_SNAPSHOTS } from '../seed/open-seed.js';

const EVENTS_PER_GROUP = 20;

/** P12: what an average event takes in the database, every table and index of the log counted. */
export const bytes: Measurement = {
  id: 'P12',
  title: 'bytes in the database for an event in groups of 20',
  async run(bench) {
    const plain = await bytesPerEvent(bench, false);
    const keyed = await bytesPerEvent(bench, true);
    return {
      figures: [
        { of: 'without keys', value: plain, unit: 'bytes/event' },
        { of: 'every command with a key', value: keyed, unit: 'bytes/event' },
      ],
      ratios: [
        { of: 'without keys / 300 bytes', value: plain / 300, target: { atMost: 1 } },
        { of: 'with keys / 420 bytes', value: keyed / 420, target: { atMost: 1 } },
      ],
    };
  },
};

async function bytesPerEvent(bench: Bench, keyed: boolean): Promise<number> {
  const { storedEvents } = bench.scale;
  const { url, runtime } = await newSeed(bench, WITHOUT_SNAPSHOTS);
  await createBettingTimeline(runtime, 'P12');
  const before = await bytesOfTables(url);
  for (let from = 0; from < storedEvents; from += EVENTS_PER_GROUP) {
    const bets = listOf(EVENTS_PER_GROUP, placeBet, from);
    await submitAll(runtime, 'P12', bets, (n) => (keyed ? requestKey(`key ${from + n}`) : null));
  }
  return ((await bytesOfTables(url)) - before) / storedEvents;
}

/** Rows, indexes, TOAST and maps of all tables. */
async function bytesOfTables(url: string): Promise<number> {
  const client = await connect(url);
  const { rows } = await client.query<{ bytes: string }>(`
    select sum(pg_total_relation_size(oid)) as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`);
  await client.end();
  return Number(rows[0]?.bytes);
}
