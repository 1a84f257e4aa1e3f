import type { Event } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import type { Bench } from '../bench.js';
import { perSecond, runCallers } from '../rounds.js';
import { rowData } from './rows.js';

/** The peer: Emmett 0.42 on the same server, with the same events. */
export interface Emmett {
  /** Appends/s of one round, one event each, every client to a stream of its own. */
  appends(): Promise<number>;
  /** Writes a stream to be replayed. */
  fill(events: number): Promise<void>;
  /** Events/s of folding that stream, the fold itself doing next to nothing. */
  replay(): Promise<number>;
}

type Bet = Event<'BetPlaced', Record<string, unknown>>;

const REPLAYED = 'replayed';
const EVENTS_PER_APPEND = 500;
const bet: Bet = { type: 'BetPlaced', data: { ...rowData } };

export async function openEmmett(bench: Bench, connections: number): Promise<Emmett> {
  const url = await bench.newDatabase();
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
  await store.schema.migrate();
  bench.atEnd(async () => {
    await store.close();
    if (!pool.ended) await pool.end();
  });
  const { roundMs: ms, commandsPerRoundMax: countMax } = bench.scale;
  return {
    appends: async () =>
      perSecond(
        await runCallers({ callers: connections, ms, countMax }, (caller) =>
          store.appendToStream<Bet>(`stream-${caller}`, [bet]),
        ),
      ),
    async fill(events) {
      for (let written = 0; written < events; written += EVENTS_PER_APPEND) {
        const some = Array.from({ length: Math.min(EVENTS_PER_APPEND, events - written) }, () => bet);
        await store.appendToStream<Bet>(REPLAYED, some);
      }
    },
    async replay() {
      const startMs = performance.now();
      const { state } = await store.aggregateStream<number, Bet>(REPLAYED, {
        initialState: () => 0,
        evolve: (count: number) => count + 1,
      });
      return (state * 1_000) / (performance.now() - startMs);
    },
  };
}
