import pg from 'pg';
import { migrations } from '#migrations';

/** How far a database is from this build. */
export interface MigrationState {
  readonly applied: readonly string[];
  /** In this build and not yet applied. */
  readonly pending: readonly string[];
  /** Applied by a newer build. */
  readonly unknown: readonly string[];
}

/** Reads the names that `migrate` left; changes nothing. */
export async function readMigrations(adminUrl: string): Promise<MigrationState> {
  const applied = await readApplied(adminUrl);
  const known = migrations.map((migration) => new migration().name);
  return {
    applied: applied.filter((name) => known.includes(name)),
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

async function readApplied(adminUrl: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: adminUrl, query_timeout: 5_000, application_name: 'seed admin' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ found: boolean }>(
      "select to_regclass('migration') is not null as found",
    );
    if (tables[0]?.found !== true) return [];
    const { rows } = await client.query<{ name: string }>('select name from migration order by id');
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
