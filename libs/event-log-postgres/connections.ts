import pg from 'pg';
import { LogBusy, LogUnavailable, OutcomeUnknown } from '#event-log';
import { asUnavailable, classify, isStorageFull, messageOf } from './failures.js';
import { clientConfig, connectPinned, pinSettings, type Login } from './sessions.js';
import { takeWriterRole } from './writer-role.js';

/** One SQL statement, prepared under its name on each connection that runs it. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A row as PostgreSQL wrote it: text or null, in the order of the select list. */
export type Row = readonly (string | null)[];

/** Values of a statement's parameters; an array becomes a PostgreSQL array. */
export type Values = readonly (string | number | Buffer | null | readonly (string | number | null)[])[];

/** A server process, told from a later one with the same number by when it started. */
export interface Backend {
  readonly pid: string;
  readonly startedAtMicros: string;
}

/** A connection taken from the pool. */
export interface Session {
  readonly client: pg.PoolClient;
  readonly backend: Backend;
  /** The first warning since it was last cleared; on a commit it means that durability was not confirmed. */
  warning: string | null;
}

export interface ConnectionOptions extends Login {
  readonly poolMax: number;
  readonly log: (message: string) => void;
}

/** The database counts as one that answers for so long after it did, ms. */
const answerMaxAgeMs = 2_000;

/** Every value as it came: numbers and bytes are parsed where they are read, by whoever knows what they are. */
export const unparsed: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/**
 * The pool. Nothing here crashes the process when the database goes away: a connection that breaks while nobody uses
 * it leaves the pool, one that breaks in use rejects what is under way, and the next call connects anew.
 */
export class Connections {
  readonly #pool: pg.Pool;
  readonly #options: ConnectionOptions;
  readonly #sessions = new WeakMap<pg.PoolClient, Session>();
  /** When the database answered last, monotonic ms. */
  #answeredAtMs = Number.NEGATIVE_INFINITY;

  /** No statement of the hot path may take longer, ms. */
  readonly statementTimeoutMs: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.statementTimeoutMs = options.statementTimeoutMs;
    this.#pool = new pg.Pool({ ...clientConfig(options), max: options.poolMax, idleTimeoutMillis: 60_000 });
    this.#pool.on('error', (error) => options.log(`an idle database connection broke: ${error.message}`));
    // A connection can also break between two statements of a transaction, when nothing else listens.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Rows of one statement that changes nothing. Rejects with `LogUnavailable`. */
  async rows(statement: Statement, values: Values): Promise<Row[]> {
    return this.use((session) => run(session, statement, values), `cannot ${statement.name}`);
  }

  /**
   * Rows of one statement that changes something. Rejects with `LogUnavailable` where it certainly did not, with
   * `OutcomeUnknown` where nobody can say from here.
   */
  async change(statement: Statement, values: Values): Promise<Row[]> {
    return this.#change(await this.take(), statement.name, (session) => run(session, statement, values));
  }

  /**
   * Several statements that change something, together or not at all. Rejects as `change` does: until its COMMIT is sent
   * nothing has happened.
   */
  async transaction<T>(
    { name, begin = 'begin' }: { readonly name: string; readonly begin?: string },
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await this.take();
    let result: T;
    try {
      await session.client.query(begin);
      result = await work(session);
    } catch (error) {
      await session.client.query('rollback').catch(() => undefined);
      this.giveBackAfter(session, error);
      throw asUnavailable(error, `cannot ${name}`);
    }
    session.warning = null;
    await this.#change(session, name, () => session.client.query('commit'));
    return result;
  }

  /** Lends a connection for work that changes nothing. */
  async use<T>(work: (session: Session) => Promise<T>, doing: string): Promise<T> {
    const session = await this.take();
    try {
      const result = await work(session);
      this.giveBack(session);
      return result;
    } catch (error) {
      this.giveBackAfter(session, error);
      throw asUnavailable(error, doing);
    }
  }

  /**
   * Takes a connection out of the pool; rejects with `LogUnavailable` when there is none to be had in 2 s, with `LogBusy` where
   * that is because others use them all.
   */
  async take(): Promise<Session> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      if (this.#isInUse) throw new LogBusy(`all ${this.#options.poolMax} connections are in use`, { cause: error });
      throw new LogUnavailable(`the database does not answer: ${messageOf(error)}`, { cause: error });
    }
    try {
      const session = this.#sessions.get(client) ?? (await this.#begin(client));
      session.warning = null;
      return session;
    } catch (error) {
      client.release(true);
      throw new LogUnavailable(`the database takes no session: ${messageOf(error)}`, { cause: error });
    }
  }

  giveBack(session: Session): void {
    this.#answeredAtMs = performance.now();
    session.client.release();
  }

  /** A refused statement leaves a good connection; after anything else it is thrown away. */
  giveBackAfter(session: Session, error: unknown): void {
    session.client.release(classify(error).kind !== 'refused');
  }

  /** Closes the connection for good, with whatever is still under way on it. */
  discard(session: Session): void {
    session.client.release(true);
  }

  /** A connection outside the pool, as the login role: for finding out what became of another one. */
  connectApart(): Promise<pg.Client> {
    return connectPinned(this.#options);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Whether all connections are out, and the database answers on them. */
  get #isInUse(): boolean {
    const { totalCount, idleCount } = this.#pool;
    const isOut = totalCount - idleCount >= this.#options.poolMax;
    return isOut && performance.now() - this.#answeredAtMs < answerMaxAgeMs;
  }

  /** What decides whether something has happened: a statement by itself, or a COMMIT. */
  async #change<T>(session: Session, name: string, decisive: (session: Session) => Promise<T>): Promise<T> {
    try {
      const result = await decisive(session);
      if (session.warning !== null) throw new Error(session.warning);
      this.giveBack(session);
      return result;
    } catch (error) {
      const isRolledBack = classify(error).kind === 'refused' || (await isErrorOnly(session, error));
      this.giveBackAfter(session, error);
      if (isRolledBack) throw asUnavailable(error, `cannot ${name}`);
      throw new OutcomeUnknown(`the connection broke at ${name}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #begin(client: pg.PoolClient): Promise<Session> {
    await pinSettings(client, this.#options);
    const started = await client.query<(string | null)[]>({ text: backendStart, rowMode: 'array', types: unparsed });
    const [pid, startedAtMicros, isStandby] = started.rows[0] ?? [];
    if (pid == null || startedAtMicros == null) throw new Error('the server does not say who serves this connection');
    // What was acknowledged may not be visible there yet: a read must not be answered from it as if it were all there is.
    if (isStandby === 't') throw new Error('the server is a standby that was not promoted');
    await client.query(takeWriterRole);
    const session: Session = { client, backend: { pid, startedAtMicros }, warning: null };
    // NOTICE has class 00; the severity is translated, the code is not.
    client.on('notice', (notice) => {
      if (!notice.code?.startsWith('00')) session.warning ??= notice.message ?? 'a warning without a text';
    });
    this.#sessions.set(client, session);
    return session;
  }
}

const backendStart = `
  select pid, (extract(epoch from backend_start) * 1000000)::bigint, pg_is_in_recovery()
  from pg_stat_get_activity(pg_backend_pid())`;

/** Runs a statement; errors come through as they are. */
export async function run(session: Session, statement: Statement, values: Values): Promise<Row[]> {
  const result = await session.client.query<(string | null)[]>({
    ...statement,
    values: [...values],
    rowMode: 'array',
    types: unparsed,
  });
  return result.rows;
}

/** A server that goes on with the same connection rolled the statement back: FATAL and PANIC would have ended it. */
async function isErrorOnly({ client }: Session, error: unknown): Promise<boolean> {
  if (!isStorageFull(error)) return false;
  return client.query('select').then(
    () => true,
    () => false,
  );
}
