import type pg from 'pg';

/** What the role that serves may do, and nothing else: not edit what is there. */
const privileges: readonly (readonly [table: string, privilege: string])[] = [
  ...onEach(['timeline', 'event', 'commit', 'key', 'label', 'snapshot'], ['select', 'insert']),
  ...onEach(['snapshot'], ['update', 'delete']),
  ...onEach(['replay', 'client_demand'], ['select', 'insert', 'update', 'delete']),
  ...onEach(['access_key', 'audit_record', 'audit_outcome'], ['select', 'insert']),
  ...onEach(['migration', 'build_requirement'], ['select']),
];

const columns: readonly (readonly [table: string, column: string])[] = [
  ...onEach(['timeline'], ['head_version', 'head_hash', 'rebuilds']),
  ...onEach(['access_key'], ['expires_at_ms', 'revoked_at_ms', 'replaced_by']),
];

const functions = ['remove_timeline(integer)', 'purge_removed_timelines(integer)'] as const;

function onEach(tables: readonly string[], rights: readonly string[]): (readonly [string, string])[] {
  return tables.flatMap((table) => rights.map((right) => [table, right] as const));
}

const literals = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([first, second]) => `('${first}', '${second}')`).join(', ');

/** Whether the role `pg_roles.oid` may do all that serving needs, in the session's schema. */
const mayServe = `
  has_schema_privilege(pg_roles.oid, current_schema(), 'usage')
  and (
    select bool_and(coalesce(has_table_privilege(pg_roles.oid, to_regclass(name), privilege), false))
    from (values ${literals(privileges)}) as needed (name, privilege)
  )
  and (
    select bool_and(coalesce(has_column_privilege(pg_roles.oid, to_regclass(name), field, 'update'), false))
    from (values ${literals(columns)}) as needed (name, field)
  )
  and (
    select bool_and(coalesce(has_function_privilege(pg_roles.oid, to_regprocedure(name), 'execute'), false))
    from unnest(array['${functions.join("', '")}']) as name
  )`;

/**
 * Takes the role for the rest of the session, where the login may and the role may do what serving needs. Otherwise the
 * login serves as itself, and triggers alone keep the past from being edited; `inspectServer` says so.
 */
export const takeWriterRole = `
  select set_config('role', rolname, false)
  from pg_roles
  where rolname = 'seed_writer' and pg_has_role(session_user, oid, 'SET') and ${mayServe}`;

/** Whether the login can take it, and whether it really may not edit the past. */
export const writerRoleProtects = `
  coalesce((
    select
      pg_has_role(session_user, oid, 'SET')
      and ${mayServe}
      and not has_table_privilege(oid, to_regclass('event'), 'update, delete, truncate')
      and not has_table_privilege(oid, to_regclass('commit'), 'update, delete, truncate')
    from pg_roles
    where rolname = 'seed_writer'
  ), false)`;

/**
 * Makes the role and gives it what it needs, as the owner of the log. Nothing is written where nothing is missing, and where
 * the owner may not make roles the triggers hold alone: whoever makes the role later only has to migrate again.
 */
export async function ensureWriterRole(owner: pg.ClientBase): Promise<void> {
  const { rows } = await owner.query<{ complete: boolean }>(isComplete);
  if (rows[0]?.complete === true) return;
  await owner.query(complete);
}

const isComplete = `
  select coalesce((
    select pg_has_role(session_user, oid, 'SET') and ${mayServe} from pg_roles where rolname = 'seed_writer'
  ), false) as complete`;

const grants = [
  ...privileges.map(([table, privilege]) => `grant ${privilege} on ${table} to seed_writer;`),
  ...columns.map(([table, column]) => `grant update (${column}) on ${table} to seed_writer;`),
  ...functions.map((name) => `grant execute on function ${name} to seed_writer;`),
];

/** Roles belong to the whole server, so another database's migration may be making it at the same moment. */
const complete = `
do $$
begin
  if not exists (select from pg_roles where rolname = 'seed_writer') then
    begin
      create role seed_writer nologin;
    exception
      when insufficient_privilege or duplicate_object or unique_violation then null;
    end;
  end if;
  if not exists (select from pg_roles where rolname = 'seed_writer') then
    return;
  end if;
  if not has_schema_privilege('seed_writer', current_schema(), 'usage') then
    execute format('grant usage on schema %I to seed_writer', current_schema());
  end if;
  ${grants.join('\n  ')}
  -- Since PostgreSQL 16 whoever made a role may grant it, but not take it before it was granted to them too.
  if not (select pg_has_role(session_user, oid, 'SET') from pg_roles where rolname = 'seed_writer') then
    begin
      execute format('grant seed_writer to %I', session_user);
    exception
      when insufficient_privilege or unique_violation then null;
    end;
  end if;
end
$$`;
