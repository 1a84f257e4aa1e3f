import type pg from 'pg';
import { unparsed } from './connections.js';
import type { Row, Session, Statement, Values } from './connections.js';

/** Megabytes take longer than any statement of the hot path may. */
export const transferTimeoutMs = 60_000;

/** A time limit for one query, which `pg` understands and its types leave out. */
interface TransferQuery extends pg.QueryArrayConfig<Values[number][]> {
  readonly query_timeout: number;
}

/** Runs a statement with the time limit of a transfer; errors come through as they are. */
export async function runTransfer(session: Session, statement: Statement, values: Values): Promise<Row[]> {
  const query: TransferQuery = {
    ...statement,
    values: [...values],
    rowMode: 'array',
    types: unparsed,
    query_timeout: transferTimeoutMs,
  };
  const result = await session.client.query<(string | null)[]>(query);
  return result.rows;
}
