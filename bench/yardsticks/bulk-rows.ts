import type { Bench } from '../bench.js';
import { connect } from '../bench.js';
import { COLUMNS, rowsDatabase, rowValues } from './rows.js';
import { simpleQuery, Wire } from './wire.js';

const ROWS_PER_STATEMENT = 500;

/** Rows/s of one round of statements of 500 rows over one connection, a transaction each. */
export type BulkRows = () => Promise<number>;

export async function openBulkRows(bench: Bench, statementsPerRound: number): Promise<BulkRows> {
  const wire = new Wire(await connect(await rowsDatabase(bench)));
  bench.atEnd(async () => {
    wire.end();
  });
  let version = 0;
  return async () => {
    const statements = Array.from({ length: statementsPerRound }, () => {
      version += ROWS_PER_STATEMENT;
      return simpleQuery(insertRows(version));
    });
    const startMs = performance.now();
    for (const statement of statements) await wire.request(statement);
    return (statementsPerRound * ROWS_PER_STATEMENT * 1_000) / (performance.now() - startMs);
  };
}

/** The statement is made before the clock runs: what is measured is the server's part. */
function insertRows(firstVersion: number): string {
  const rows = Array.from({ length: ROWS_PER_STATEMENT }, (_, i) => {
    const values = rowValues({ timeline: 1, version: firstVersion + i }).map((value) => `'${value}'`);
    return `(${values.join(',')})`;
  });
  return `insert into row_written (${COLUMNS}) values ${rows.join(',')}`;
}
