import { connect } from '../bench.js';
import type { Bench } from '../bench.js';
import type { Figure, Measurement } from '../measurement.js';
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
      figures: [...figures('without keys', plain), ...figures('every command with a key', keyed)],
      ratios: [
        { of: 'without keys / 300 bytes', value: total(plain) / 300, target: { atMost: 1 } },
        { of: 'with keys / 420 bytes', value: total(keyed) / 420, target: { atMost: 1 } },
      ],
    };
  },
};

/** By table, the tables that did not grow left out. */
type Bytes = ReadonlyMap<string, number>;

const total = (bytes: Bytes): number => [...bytes.values()].reduce((sum, value) => sum + value, 0);

const figures = (of: string, bytes: Bytes): readonly Figure[] => [
  { of, value: total(bytes), unit: 'bytes/event' },
  ...[...bytes].map(([table, value]) => ({ of: `${of}: ${table}`, value, unit: 'bytes/event' })),
];

async function bytesPerEvent(bench: Bench, keyed: boolean): Promise<Bytes> {
  const { storedEvents } = bench.scale;
  const { url, runtime } = await newSeed(bench, WITHOUT_SNAPSHOTS);
  await createBettingTimeline(runtime, 'P12');
  const before = await bytesOfTables(url);
  for (let from = 0; from < storedEvents; from += EVENTS_PER_GROUP) {
    const bets = listOf(EVENTS_PER_GROUP, placeBet, from);
    await submitAll(runtime, 'P12', bets, (n) => (keyed ? requestKey(`key ${from + n}`) : null));
  }
  const grown = [...(await bytesOfTables(url))].map(
    ([table, bytes]) => [table, (bytes - (before.get(table) ?? 0)) / storedEvents] as const,
  );
  return new Map(grown.filter(([, bytes]) => bytes > 0));
}

/** Rows, indexes, TOAST and maps of each table. */
async function bytesOfTables(url: string): Promise<Bytes> {
  const client = await connect(url);
  const { rows } = await client.query<{ name: string; bytes: string }>(`
    select relname as name, pg_total_relation_size(oid) as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
    order by relname`);
  await client.end();
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}
