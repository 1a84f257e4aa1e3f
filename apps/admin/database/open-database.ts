import { resolve } from 'node:path';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '#embedded-postgres';
import { withSession } from '#event-log-postgres';
import { dataDirOf } from '#settings';
import { reasonOf, unavailable } from '../failure.js';
import type { Session } from '../session.js';

const patience = { statementTimeoutMs: 5_000, connectTimeoutMs: 5_000 };

/** A PostgreSQL that answers. */
export interface Database {
  /** For reading and writing. */
  readonly url: string;
  /** The owner's, for migrations. */
  readonly adminUrl: string;
  /** Which one it is, in words and without its password. */
  readonly name: string;
}

/** A place where a PostgreSQL may be running, and what is to be done when it is not needed any more. */
interface Opened extends Database {
  close(): Promise<void>;
}

/**
 * Works on the PostgreSQL of the settings: DATABASE_URL's, or the embedded one of DATA_DIR. An embedded one that does not
 * run is started for the time of the work.
 *
 * @throws Failure `database-unavailable`; EmbeddedPostgresError
 */
export async function withDatabase<T>(session: Session, work: (database: Database) => Promise<T>): Promise<T> {
  const database = givenDatabase(session) ?? (await runningDatabase(session)) ?? (await startDatabase(session));
  try {
    await assertAnswers(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The PostgreSQL of the settings if it runs; nothing is started. @throws EmbeddedPostgresError */
export async function findDatabase(session: Session): Promise<Database | undefined> {
  return givenDatabase(session) ?? (await runningDatabase(session));
}

/** @throws Failure `database-unavailable`, with the reason */
export async function assertAnswers({ url, adminUrl, name }: Database): Promise<void> {
  try {
    for (const each of new Set([adminUrl, url])) {
      await withSession({ url: each, applicationName: 'seed admin', ...patience }, () => Promise.resolve());
    }
  } catch (error) {
    throw unavailable('database-unavailable', `The database, ${name}, does not answer: ${reasonOf(error)}.`, error);
  }
}

/** Whether a server is named and no database, as in production where neither has a default: then there is none to look at here. */
export const asksOnly = ({ settings }: Session, { server }: { readonly server?: string | undefined }): boolean =>
  server !== undefined && settings.databaseUrl === undefined && settings.dataDir === undefined;

/** The folder of the embedded server's data. */
export const dataFolder = ({ settings, surroundings }: Session): string =>
  resolve(surroundings.projectFolder, dataDirOf(settings));

function givenDatabase({ settings }: Session): Opened | undefined {
  const { databaseUrl, databaseAdminUrl } = settings;
  if (databaseUrl === undefined) return undefined;
  const { host, pathname } = new URL(databaseUrl);
  return opened({ url: databaseUrl, adminUrl: databaseAdminUrl ?? databaseUrl, name: `${host}${pathname}` });
}

async function runningDatabase(session: Session): Promise<Opened | undefined> {
  const found = await findEmbeddedPostgres(dataFolder(session));
  return found && opened({ url: found.url, adminUrl: found.url, name: embeddedName(session) });
}

async function startDatabase(session: Session): Promise<Opened> {
  const name = embeddedName(session);
  session.note(`It does not run, so ${name} is started for the time of this command.`);
  const postgres = await startEmbeddedPostgres({ dataDir: dataFolder(session), log: () => undefined });
  return { url: postgres.url, adminUrl: postgres.url, name, close: () => postgres.stop() };
}

const opened = (database: Database): Opened => ({ ...database, close: () => Promise.resolve() });

const embeddedName = (session: Session): string => `the embedded PostgreSQL of ${dataFolder(session)}`;
