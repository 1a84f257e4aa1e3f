import { withSession } from './sessions.js';
import { writerRoleProtects } from './writer-role.js';

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
  /** Whether a transaction may not write, because the database is set so or the server is a standby. */
  readonly readOnly: boolean;
}

const inspection = `
  select
    current_setting('server_version') as "serverVersion",
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as "fullPageWrites",
    current_setting('synchronous_commit') as "synchronousCommit",
    current_setting('data_checksums') as "dataChecksums",
    current_setting('transaction_read_only') = 'on' as "readOnly",
    ${writerRoleProtects} as "writerRole"`;

/** Asks the server at `url`, with the login that serves. The database must have been migrated. */
export function inspectServer(url: string): Promise<ServerInspection> {
  return withSession({ url, applicationName: 'seed inspect', statementTimeoutMs: 5_000 }, async (client) => {
    const { rows } = await client.query<ServerInspection>(inspection);
    const [found] = rows;
    if (found === undefined) throw new Error('the server tells nothing about itself');
    return found;
  });
}
