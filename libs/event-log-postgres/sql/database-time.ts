import type { Statement } from '../connections.js';

export const databaseTime: Statement = {
  name: 'database-time',
  text: 'select (extract(epoch from clock_timestamp()) * 1000)::bigint',
};
