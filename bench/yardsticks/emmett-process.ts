// The peer in a process of its own: what it loads, and what its replay leaves in the heap, slows whatever shares its
// process by a sixth.
import type { Event } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { obey } from '../child.js';
import { perSecond, runCallers } from '../rounds.js';
import type { EmmettOrder } from './emmett.js';
import { rowData } from './rows.js';

type Bet = Event<'BetPlaced', Record<string, unknown>>;

const REPLAYED = 'replayed';
const EVENTS_PER_APPEND = 500;
const bet: Bet = { type: 'BetPlaced', data: { ...rowData } };

const [url = '', connections = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: Number(connections) });
const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
await store.schema.migrate();

obey<EmmettOrder>(carryOut, async () => {
  await store.close();
  if (!pool.ended) await pool.end();
});

async function carryOut(order: EmmettOrder): Promise<number> {
  switch (order.what) {
    case 'append':
      return append(order);
    case 'fill':
      return fill(order.events);
    case 'replay':
      return replay();
  }
}

/** Appends/s, one event each, every caller to a stream of its own. */
async function append(limits: { readonly callers: number; readonly ms: number; readonly countMax: number }) {
  return perSecond(await runCallers(limits, (caller) => store.appendToStream<Bet>(`stream-${caller}`, [bet])));
}

async function fill(events: number): Promise<number> {
  for (let written = 0; written < events; written += EVENTS_PER_APPEND) {
    const some = Array.from({ length: Math.min(EVENTS_PER_APPEND, events - written) }, () => bet);
    await store.appendToStream<Bet>(REPLAYED, some);
  }
  return events;
}

/** Events/s. */
async function replay(): Promise<number> {
  const startMs = performance.now();
  const { state } = await store.aggregateStream<number, Bet>(REPLAYED, {
    initialState: () => 0,
    evolve: (count: number) => count + 1,
  });
  return (state * 1_000) / (performance.now() - startMs);
}
