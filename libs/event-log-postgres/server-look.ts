import pg from 'pg';
import { connectUnnamed, namesSchema, schemaOf, type Login } from './sessions.js';

const oldestMajor = 16;

/** The database cannot be served as it is, or not by this way to it. Its message is one sentence that says what to do. */
export class DatabaseUnfit extends Error {
  override readonly name = 'DatabaseUnfit';
}

/** What can be seen of a server before anything is done there. */
export interface ServerLook {
  readonly version: string;
  readonly encoding: string;
  /** Whether each transaction may get another connection to the server. */
  readonly isPooledByTransaction: boolean;
  /** The schema in which the login's own `search_path` finds a log; null where it finds none. */
  readonly schemaFound: string | null;
  /** Why it cannot be served; null where it can. */
  readonly unfit: string | null;
}

/** Looks at a database, as its login finds it. Rejects with what pg throws where it does not answer. */
export async function lookAtServer(url: string, applicationName: string): Promise<ServerLook> {
  const login = { url, applicationName, statementTimeoutMs: 5_000 };
  const client = await connectUnnamed(login);
  try {
    const { rows } = await client.query<Found>(look);
    const [found] = rows;
    if (found === undefined) throw new Error('the server tells nothing about itself');
    const isPooledByTransaction = await sharesConnections(client, login);
    const facts = { ...found, isPooledByTransaction };
    return { ...facts, unfit: unfitness(facts, url) };
  } finally {
    await client.end();
  }
}

/** @throws DatabaseUnfit */
export async function assertFit(url: string, applicationName: string): Promise<void> {
  const { unfit } = await lookAtServer(url, applicationName);
  if (unfit !== null) throw new DatabaseUnfit(unfit);
}

type Found = Pick<ServerLook, 'version' | 'encoding' | 'schemaFound'> & { readonly major: number };

const look = `
  select
    current_setting('server_version') as version,
    current_setting('server_version_num')::integer / 10000 as major,
    current_setting('server_encoding') as encoding,
    (
      select nspname
      from pg_class
      join pg_namespace on pg_namespace.oid = relnamespace
      where pg_class.oid = to_regclass('migration')
    ) as "schemaFound"`;

function unfitness(
  { version, major, encoding, schemaFound, isPooledByTransaction }: Found & { readonly isPooledByTransaction: boolean },
  url: string,
): string | null {
  if (major < oldestMajor) return `The database is PostgreSQL ${version}, and Seed needs ${oldestMajor} or newer.`;
  if (encoding !== 'UTF8') {
    return (
      `The database has the encoding ${encoding}, which cannot store every text, and Seed needs UTF8: ` +
      'make one with "create database NAME encoding \'UTF8\' template template0", and import an export there.'
    );
  }
  if (isPooledByTransaction) {
    return (
      'The database is reached through a pooler that gives each transaction another connection, and Seed needs its own: ' +
      'use the pooler’s session mode, or the server’s own address.'
    );
  }
  if (schemaFound === null || namesSchema(url) || schemaFound === schemaOf(url)) return null;
  return (
    `The login’s search_path leads to a log in the schema ${schemaFound}, and the connection string names none: ` +
    `add ?schema=${encodeURIComponent(schemaFound)} to it, or ?schema=${schemaOf(url)} for another log there.`
  );
}

/** Rounds in which a pooler that takes turns has to show itself. */
const rounds = 3;

/**
 * Whether two connections that are open at once are served by one process of the server, or one of them by several: both
 * happen only behind a pooler that lends the server's connections by the transaction.
 */
async function sharesConnections(client: pg.Client, login: Login): Promise<boolean> {
  const own = await pidOf(client);
  const other = await connectUnnamed(login);
  try {
    for (let round = 0; round < rounds; round += 1) {
      await other.query('begin');
      const isShared = (await pidOf(other)) === own || (await pidOf(client)) !== own;
      await other.query('rollback');
      if (isShared) return true;
    }
    return false;
  } catch (error) {
    // A pooler that lends them by the statement refuses transactions.
    if (error instanceof pg.DatabaseError && error.code === '08P01') return true;
    throw error;
  } finally {
    void other.end().catch(() => undefined);
  }
}

async function pidOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid;
}
