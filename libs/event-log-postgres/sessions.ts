import pg from 'pg';

/** A database as its connection string names it, and how this process shows there. */
export interface Login {
  /** `?schema=NAME` names the schema of the log; without it that is `public`. */
  readonly url: string;
  /** How the connection shows in `pg_stat_activity`. */
  readonly applicationName: string;
  /** No statement may take longer, ms; 0: any may. */
  readonly statementTimeoutMs: number;
  /** Nor wait longer for a lock; a little less than the statement where it is not given. */
  readonly lockTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

const connectTimeoutMs = 2_000;

/** What waits for a lock says so, before it is only a statement that took too long. */
const lockShare = 0.9;

/** The server gives up first, so that its answer says what happened; this much later the connection counts as dead. */
const clientGraceMs = 500;

/** What this side sets itself, so that a connection string does not. */
const ownParameters = [
  'schema',
  'application_name',
  'client_encoding',
  'connectionTimeoutMillis',
  'encoding',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'query_timeout',
  'statement_timeout',
];

/** The schema that the log of a connection string stands in. */
export const schemaOf = (url: string): string => new URL(url).searchParams.get('schema') ?? 'public';

/** Whether the connection string names the schema itself. */
export const namesSchema = (url: string): boolean => new URL(url).searchParams.has('schema');

/**
 * What a connection is opened with. Settings are not among it: they follow by `pinSettings`, because a pooler between here
 * and the server takes few of them with the first packet.
 */
export function clientConfig(login: Login): pg.ClientConfig {
  const { url, applicationName, statementTimeoutMs } = login;
  const address = new URL(url);
  for (const name of ownParameters) address.searchParams.delete(name);
  return {
    connectionString: address.href,
    application_name: applicationName,
    connectionTimeoutMillis: login.connectTimeoutMs ?? connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + clientGraceMs }),
  };
}

/** Opens a connection of its own with all settings pinned. */
export const connectPinned = (login: Login): Promise<pg.Client> => connect(login, pinSettings);

/** The same with the login's own `search_path`, to be seen where it leads. */
export const connectUnnamed = (login: Login): Promise<pg.Client> => connect(login, pinAllButSchema);

async function connect(login: Login, pin: typeof pinSettings): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(login));
  // A connection that breaks rejects what is under way on it; unheard, the same error would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await pin(client, login);
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

/** Works on such a connection, and closes it. */
export async function withSession<T>(login: Login, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connectPinned(login);
  try {
    return await work(client);
  } finally {
    // Without waiting: ending a connection that hangs would hold up what the work came to.
    void client.end().catch(() => undefined);
  }
}

/**
 * Gives a session the settings that statements here count on, whatever the database, the login or the connection string say.
 * A read-only database stays one: that is the operator's way to say so.
 */
export function pinSettings(client: pg.ClientBase, login: Login): Promise<void> {
  return pinAllButSchema(client, login, { search_path: `${client.escapeIdentifier(schemaOf(login.url))}, pg_temp` });
}

async function pinAllButSchema(
  client: pg.ClientBase,
  { statementTimeoutMs, lockTimeoutMs = Math.floor(statementTimeoutMs * lockShare) }: Login,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const settings: Readonly<Record<string, string>> = {
    ...pinned,
    ...more,
    statement_timeout: String(statementTimeoutMs),
    lock_timeout: String(lockTimeoutMs),
    idle_in_transaction_session_timeout: String(statementTimeoutMs),
  };
  await client.query(setWhatIsKnown, [Object.keys(settings), Object.values(settings)]);
}

/** A setting of a newer or older server is passed over. */
const setWhatIsKnown = `
  select set_config(name, value, false)
  from unnest($1::text[], $2::text[]) as wanted (name, value)
  where current_setting(name, true) is not null`;

const pinned = {
  // What statements mean: each sees what was committed before it, and decides by the row that it finds.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  transform_null_equals: 'off',
  array_nulls: 'on',
  // How values are written.
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // A commit that was not confirmed by a standby says so in a warning.
  client_min_messages: 'notice',
  // A connection may lie idle in the pool, and what a statement may take is said above.
  idle_session_timeout: '0',
  transaction_timeout: '0',
  // The server, too, notices a dead peer, or a lost writer would hold the head's lock for hours.
  tcp_user_timeout: '10000',
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  client_connection_check_interval: '2000',
  // Every statement goes through an index: a plan cached while a table was empty must not scan it once it is large.
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_nestloop: 'on',
  enable_hashjoin: 'on',
  enable_mergejoin: 'on',
  enable_hashagg: 'on',
  enable_sort: 'on',
  enable_incremental_sort: 'on',
  enable_material: 'on',
  enable_memoize: 'on',
  plan_cache_mode: 'auto',
  debug_parallel_query: 'off',
  jit: 'off',
} as const;
