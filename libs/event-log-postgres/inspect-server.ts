import pg from 'pg';

/** What a server promises about what it acknowledges. Judging it is up to the caller. */
export interface ServerInspection {
  readonly serverVersion: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
  /** For a serving connection: `on` waits for the local disk, and for standbys where there are any. */
  readonly synchronousCommit: string;
  readonly dataChecksums: string;
  /** Whether serving connections take the role that may not edit the past; where not, triggers alone refuse it. */
  readonly writerRole: boolean;
}

const inspection = `
  select
    current_setting('server_version') as "serverVersion",
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as "fullPageWrites",
    current_setting('synchronous_commit') as "synchronousCommit",
    current_setting('data_checksums') as "dataChecksums",
    coalesce((
      select
        pg_has_role(session_user, oid, 'MEMBER')
        and has_table_privilege(oid, 'event'::regclass, 'insert')
        and not has_table_privilege(oid, 'event'::regclass, 'update, delete, truncate')
        and not has_table_privilege(oid, 'commit'::regclass, 'update, delete, truncate')
      from pg_roles
      where rolname = 'seed_writer'
    ), false) as "writerRole"`;

/** Asks the server at `url`, with the login that serves. The database must have been migrated. */
export async function inspectServer(url: string): Promise<ServerInspection> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<ServerInspection>(inspection);
    const [found] = rows;
    if (found === undefined) throw new Error('the server tells nothing about itself');
    return found;
  } finally {
    await client.end();
  }
}
