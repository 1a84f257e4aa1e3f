import type { StrayRows } from '#event-log';
import type { Database } from '../database/open-database.js';
import { withLog } from '../database/open-log.js';
import { fail, ok, type Check } from './check.js';

/** Rows of the log that somebody put or left there by hand: proving a timeline does not look at them. */
export async function checkStrayRows(database: Database): Promise<Check> {
  const rows = await withLog(database, (log) => log.rows.findStrayRows());
  if (rows.length === 0) return ok('rows', 'each belongs to a timeline');
  const advice = 'Somebody edited the log by hand: run seed verify, which names the first bad row of each timeline.';
  return fail('rows', rows.map(strayText).join('; '), advice);
}

/** Where such rows are. */
export const strayText = ({ table, timelineId, version }: StrayRows): string =>
  `rows of ${table} belong to timeline number ${timelineId}, which never was, from version ${version} on`;
