import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '#migrations';

/** One process migrates a database at a time; the others wait for it and then find nothing left to do. */
const migrationLock = 7_307_366_448_124_957;
const lockTimeoutMs = 120_000;
const connectTimeoutMs = 5_000;
const migrationsTable = 'migration';

/** The database was migrated by a newer build than this one. */
export class DatabaseTooNew extends Error {
  override readonly name = 'DatabaseTooNew';
}

/**
 * Brings the database up to this build, each migration in a transaction of its own: a process killed in the middle
 * leaves nothing half done. `adminUrl` logs in as the owner. Rejects with `DatabaseTooNew` where this build does not
 * know a migration that was applied.
 */
export async function migrate(adminUrl: string): Promise<{ readonly applied: readonly string[] }> {
  const guard = new pg.Client({
    connectionString: adminUrl,
    lock_timeout: lockTimeoutMs,
    application_name: 'seed migrate',
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A connection that breaks rejects what is under way on it; unheard, the same error would end the process.
  guard.on('error', () => undefined);
  await guard.connect();
  try {
    // Held by the session, so it ends with this process whatever becomes of it.
    await guard.query('select pg_advisory_lock($1::bigint)', [migrationLock]);
    await refuseNewerDatabase(guard);
    return { applied: await runMigrations(adminUrl) };
  } finally {
    await guard.end();
  }
}

async function runMigrations(adminUrl: string): Promise<string[]> {
  const source = new DataSource({
    type: 'postgres',
    url: adminUrl,
    applicationName: 'seed migrate',
    migrations: [...migrations],
    migrationsTableName: migrationsTable,
    migrationsTransactionMode: 'each',
    logging: false,
  });
  await source.initialize();
  try {
    const applied = await source.runMigrations();
    return applied.map((migration) => migration.name);
  } finally {
    await source.destroy();
  }
}

async function refuseNewerDatabase(client: pg.Client): Promise<void> {
  const { rows: tables } = await client.query<{ found: boolean }>('select to_regclass($1::text) is not null as found', [
    migrationsTable,
  ]);
  if (tables[0]?.found !== true) return;
  const known = new Set(migrations.map((migration) => new migration().name));
  const { rows } = await client.query<{ name: string }>(`select name from ${migrationsTable} order by id`);
  const unknown = rows.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new DatabaseTooNew(
    `the database was migrated by a newer build: this one does not know ${unknown.join(', ')}; run that build or a later one`,
  );
}
