import type pg from 'pg';
import { BUILD_LEVEL, migrations } from '#migrations';
import { schemaOf, withSession, type Login } from './sessions.js';

/** How far a database is from this build. */
export interface MigrationState {
  readonly applied: readonly string[];
  /** In this build and not yet applied. */
  readonly pending: readonly string[];
  /** Applied by a newer build. */
  readonly unknown: readonly string[];
  /** The least level of a build that may serve; the level of a build is how many migrations it knows. */
  readonly leastLevel: number;
  /** Whether this build may serve once its own are applied: each newer one allows its level. */
  readonly isServable: boolean;
  /** Whether the login may apply those that are missing. */
  readonly mayMigrate: boolean;
}

/** The login may neither apply nor read what `migrate` does; a Job or another login has to. */
export class MayNotMigrate extends Error {
  override readonly name = 'MayNotMigrate';
}

/** Reads what `migrate` left; changes nothing. @throws MayNotMigrate where the login may not even read it */
export const readMigrations = (url: string): Promise<MigrationState> =>
  withSession(reading(url), readMigrationsOn(url));

const reading = (url: string): Login => ({ url, applicationName: 'seed migrate', statementTimeoutMs: 5_000 });

export const readMigrationsOn =
  (url: string) =>
  async (client: pg.Client): Promise<MigrationState> => {
    const found = await find(client, url);
    const rows = found.isThere ? await readRows(client, found) : [];
    const known = migrations.map((migration) => new migration().name);
    const applied = rows.map(({ name }) => name);
    const unknown = rows.filter(({ name }) => !known.includes(name));
    const pending = known.filter((name) => !applied.includes(name));
    const leastLevels = unknown.map(({ leastLevel }) => leastLevel ?? Infinity);
    const leastLevel = Math.max(0, ...leastLevels);
    return {
      applied: applied.filter((name) => known.includes(name)),
      pending,
      unknown: unknown.map(({ name }) => name),
      leastLevel,
      isServable: leastLevel <= BUILD_LEVEL && (unknown.length === 0 || pending.length === 0),
      mayMigrate: found.mayMigrate,
    };
  };

interface TableFound {
  readonly isThere: boolean;
  readonly mayMigrate: boolean;
  readonly mayRead: boolean;
  readonly user: string;
}

async function find(client: pg.Client, url: string): Promise<TableFound> {
  const { rows } = await client.query<TableFound>(findTable, [schemaOf(url)]);
  const [found] = rows;
  if (found === undefined) throw new Error('the server does not tell what is there');
  return found;
}

/** A schema that the login may not use hides its tables, so the catalogue is asked. $1 schema */
const findTable = `
  select
    made.oid is not null as "isThere",
    session_user as user,
    coalesce(has_table_privilege(made.oid, 'select') and has_schema_privilege(space.oid, 'usage'), false) as "mayRead",
    case
      when made.oid is not null then pg_has_role(session_user, made.relowner, 'USAGE')
      when space.oid is not null then has_schema_privilege(space.oid, 'create')
      else has_database_privilege(current_database(), 'create')
    end as "mayMigrate"
  from (values ($1::text)) as wanted (name)
  left join pg_namespace as space on space.nspname = wanted.name
  left join pg_class as made on made.relnamespace = space.oid and made.relname = 'migration'`;

interface MigrationRow {
  readonly name: string;
  readonly leastLevel: number | null;
}

async function readRows(client: pg.Client, { mayRead, user }: TableFound): Promise<readonly MigrationRow[]> {
  if (!mayRead && !(await readsAsWriter(client))) {
    throw new MayNotMigrate(
      `the login ${user} may not read which migrations were made: let the owner run \`seed migrate\`, ` +
        `and whoever may "grant seed_writer to ${client.escapeIdentifier(user)}"`,
    );
  }
  const { rows: tables } = await client.query<{ found: boolean }>(
    "select to_regclass('build_requirement') is not null as found",
  );
  const { rows } = await client.query<MigrationRow>(tables[0]?.found === true ? readWithRequirements : readNames);
  return rows;
}

/** A login that has nothing of its own has what the role that serves has. */
async function readsAsWriter(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(readAsWriter);
  return rowCount === 1;
}

const readAsWriter = `
  select set_config('role', rolname, false)
  from pg_roles
  where rolname = 'seed_writer'
    and pg_has_role(session_user, oid, 'SET')
    and has_schema_privilege(oid, current_schema(), 'usage')
    and has_table_privilege(oid, to_regclass('migration'), 'select')`;

const readNames = 'select name, null as "leastLevel" from migration order by id';

const readWithRequirements = `
  select name, least_level as "leastLevel"
  from migration
  left join build_requirement on build_requirement.migration = name
  order by id`;
