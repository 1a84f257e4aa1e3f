import { openPostgresLog, readMigrations } from '#event-log-postgres';
import type { EventLog } from '#event-log';
import { refused } from '../failure.js';
import type { Database } from './open-database.js';

const statementTimeoutMs = 60_000;
/** Reading a log takes three at once. */
const connectionsMax = 4;

/** Works on the log of a migrated database. @throws LogUnavailable */
export async function withLog<T>({ url }: Database, work: (log: EventLog) => Promise<T>): Promise<T> {
  const log = await openPostgresLog({
    url,
    poolMax: connectionsMax,
    applicationName: 'seed admin',
    appendTimeoutMs: statementTimeoutMs,
  });
  return work(log).finally(() => log.close());
}

/** For what only reads, and so does not migrate. @throws Failure `database-not-migrated`, `database-too-new` */
export async function assertMigrated({ adminUrl, name }: Database): Promise<void> {
  const { pending, isServable } = await readMigrations(adminUrl);
  if (!isServable) throw refused('database-too-new', `The database, ${name}, was migrated by a newer build.`);
  if (pending.length > 0) {
    throw refused('database-not-migrated', `The database, ${name}, is not that of this build: \`seed migrate\` first.`);
  }
}
