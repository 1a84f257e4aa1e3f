import type { Statement } from '../connections.js';

/** The database's clock, ms since the Unix epoch, as an expression. */
export const nowMs = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

export const databaseTime: Statement = {
  name: 'database-time',
  text: `select ${nowMs}`,
};
