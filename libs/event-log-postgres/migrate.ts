import type pg from 'pg';
import { DataSource } from 'typeorm';
import { BUILD_LEVEL, migrations } from '#migrations';
import { MayNotMigrate, readMigrations, readMigrationsOn, type MigrationState } from './migrations-made.js';
import { assertFit } from './server-look.js';
import { clientConfig, pinSettings, schemaOf, withSession, type Login } from './sessions.js';
import { ensureWriterRole } from './writer-role.js';

/** One process migrates a database at a time; the others wait for it and then find nothing left to do. */
const migrationLock = 7_307_366_448_124_957;
const lockTimeoutMs = 120_000;
const connectTimeoutMs = 5_000;
const migrationsTable = 'migration';

/** The database was migrated by a newer build, which lets no build as old as this one serve. */
export class DatabaseTooNew extends Error {
  override readonly name = 'DatabaseTooNew';
}

/**
 * Brings the database up to this build, each migration in a transaction of its own: a process killed in the middle
 * leaves nothing half done. `adminUrl` logs in as the owner; any other login may ask where there is nothing to do.
 * Rejects with `DatabaseUnfit` where it cannot be served at all, with `DatabaseTooNew` where a migration that this build
 * does not know allows no build of its level, with `MayNotMigrate` where one is missing and the login owns nothing.
 */
export async function migrate(
  adminUrl: string,
  { isFit = false }: { /** The caller has looked at it already. */ readonly isFit?: boolean } = {},
): Promise<{ readonly applied: readonly string[] }> {
  if (!isFit) await assertFit(adminUrl, applicationName);
  const state = await readMigrations(adminUrl);
  refuseNewer(state);
  if (!state.mayMigrate) {
    if (state.pending.length === 0) return { applied: [] };
    throw new MayNotMigrate(
      'the database is not migrated, and the login may not do it: run `seed migrate` as its owner, ' +
        'or give the owner’s connection string as DATABASE_ADMIN_URL',
    );
  }
  return withSession(loginOf(adminUrl), (guard) => migrateUnderLock(adminUrl, guard));
}

const applicationName = 'seed migrate';

const loginOf = (url: string): Login => ({
  url,
  applicationName,
  statementTimeoutMs: 0,
  lockTimeoutMs,
  connectTimeoutMs,
});

async function migrateUnderLock(adminUrl: string, guard: pg.Client): Promise<{ readonly applied: readonly string[] }> {
  // Held by the session, so it ends with this process whatever becomes of it.
  await guard.query('select pg_advisory_lock($1::bigint)', [migrationLock]);
  const state = await readMigrationsOn(adminUrl)(guard);
  refuseNewer(state);
  const applied = state.pending.length === 0 ? [] : await runMigrations(adminUrl, guard);
  await ensureWriterRole(guard);
  return { applied };
}

async function runMigrations(adminUrl: string, guard: pg.Client): Promise<string[]> {
  const schema = schemaOf(adminUrl);
  const { rows } = await guard.query('select from pg_namespace where nspname = $1', [schema]);
  if (rows.length === 0) await guard.query(`create schema ${guard.escapeIdentifier(schema)}`);
  const login = { ...loginOf(adminUrl), lockTimeoutMs: 0 };
  const source = new DataSource({
    type: 'postgres',
    schema,
    extra: { ...clientConfig(login), onConnect: (client: pg.ClientBase) => pinSettings(client, login) },
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

function refuseNewer({ unknown, isServable, leastLevel }: MigrationState): void {
  if (isServable) return;
  const needed = Number.isFinite(leastLevel)
    ? `, which needs a build of level ${leastLevel} and this one has ${BUILD_LEVEL}`
    : '';
  throw new DatabaseTooNew(
    `the database was migrated by a newer build: this one does not know ${unknown.join(', ')}${needed}; ` +
      'run that build or a later one',
  );
}
