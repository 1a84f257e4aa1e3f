import type { Bench } from '../bench.js';
import { connect } from '../bench.js';
import { perSecond, runCallers } from '../rounds.js';
import { COLUMNS, rowsDatabase, rowValues } from './rows.js';
import { executePrepared, Wire } from './wire.js';

/** One row a transaction, by so many connections at once. */
export interface SingleRows {
  /** Transactions/s of one round, each written straight to the connection's socket: pgbench's equal. */
  straight(): Promise<number>;
  /** Transactions/s of one round through pg's own `query`. */
  throughPg(): Promise<number>;
}

const insert = {
  name: 'insert_row',
  text: `insert into row_written (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};

export async function openSingleRows(bench: Bench, connections: number): Promise<SingleRows> {
  const url = await rowsDatabase(bench);
  const { roundMs: ms, commandsPerRoundMax: countMax } = bench.scale;
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(url)));
  let version = 0;
  const nextRow = (timeline: number): string[] => rowValues({ timeline, version: (version += 1) });
  const wires = await Promise.all(
    Array.from({ length: connections }, async (_, timeline) => {
      const client = await connect(url);
      await client.query({ ...insert, values: nextRow(timeline) });
      return new Wire(client);
    }),
  );
  bench.atEnd(async () => {
    wires.forEach((wire) => {
      wire.end();
    });
    await Promise.all(clients.map((client) => client.end()));
  });
  const round = async (send: (caller: number) => Promise<unknown> | undefined): Promise<number> =>
    perSecond(await runCallers({ callers: connections, ms, countMax }, async (caller) => send(caller)));
  return {
    straight: () => round((caller) => wires[caller]?.request(executePrepared(insert.name, nextRow(caller)))),
    throughPg: () => round((caller) => clients[caller]?.query({ ...insert, values: nextRow(caller) })),
  };
}
