import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { EmbeddedPostgresError, NoRoomError, startEmbeddedPostgres } from '#embedded-postgres';
import {
  admitLogin,
  assertFit,
  DatabaseTooNew,
  DatabaseUnfit,
  LoginNotAdmitted,
  MayNotMigrate,
  migrate,
  type ServerInspection,
} from '#event-log-postgres';
import { BUILD, dataDirOf, type Settings } from '#settings';
import { BootFailure } from './boot-failure.js';
import { tryAgain } from './try-again.js';

/** A process looks for lost commits outside its pool, and the connections of one that died linger for a moment. */
const connectionsApart = 10;

/** Migrations, tools, whoever looks at it. */
const spareConnections = 40;

/** A server that may not be up yet, or is on its way down, or has no room at the moment; or a standby not promoted yet. */
const passingStates = /^(?:08...|53...|57P0[1-5]|40...|55P03|57014|25006)$/;

/** A PostgreSQL, embedded or not. */
export interface Database {
  /** For serving. */
  readonly url: string;
  /** The owner's, for migrations. */
  readonly adminUrl: string;
  /** Stops the embedded server; to be called when nothing is connected any more. Leaves any other alone. */
  close(): Promise<void>;
}

/**
 * The PostgreSQL that the settings ask for: DATABASE_URL's, or the embedded one, started.
 *
 * @throws BootFailure; NoRoomError where it may be tried again
 */
export async function openDatabase(settings: Settings, projectFolder: string, log: Logger): Promise<Database> {
  const { databaseUrl, databaseAdminUrl } = settings;
  if (databaseUrl !== undefined) {
    return { url: databaseUrl, adminUrl: databaseAdminUrl ?? databaseUrl, close: () => Promise.resolve() };
  }
  const postgres = await startEmbeddedPostgres({
    dataDir: resolve(projectFolder, dataDirOf(settings)),
    version: BUILD.version,
    connectionsMax: settings.workers * (connectionsOf(settings) + connectionsApart) + spareConnections,
    log: (sentence) => {
      log.info(sentence);
    },
  }).catch((error: unknown) => {
    if (error instanceof NoRoomError) throw error;
    throw error instanceof EmbeddedPostgresError ? new BootFailure(error.message, { cause: error }) : error;
  });
  return { url: postgres.url, adminUrl: postgres.url, close: () => postgres.stop() };
}

/** Of one process: for writers, for readers, and one for the look at heads. */
const connectionsOf = ({ databasePoolMax, databaseReadPoolMax }: Settings): number =>
  databasePoolMax + databaseReadPoolMax + 1;

/** Whom `prepareDatabase` tells, and who may end it. */
interface Preparation {
  readonly environment: Settings['environment'];
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Told whether the database answers, each time this is found out. */
  readonly onReached: (reached: boolean) => void;
}

/**
 * Waits for the database, brings it up to this build, and makes sure that it keeps what it acknowledges.
 *
 * @throws BootFailure where it refuses this process, is newer than this build, or is not safe
 */
export async function prepareDatabase(
  { url, adminUrl }: Database,
  { environment, log, signal, onReached }: Preparation,
): Promise<void> {
  const prepare = async (): Promise<ServerInspection> => {
    await assertFit(url, 'seed start');
    onReached(true);
    const { applied } = await migrate(adminUrl, { isFit: url === adminUrl });
    if (applied.length > 0) log.info({ applied }, `The database was migrated: ${applied.length} migrations applied.`);
    return admitLogin({ url, adminUrl });
  };
  const onTrouble = (reason: string, error: unknown): void => {
    const answers = hasAnswered(error);
    onReached(answers);
    const what = answers ? 'cannot be used yet' : 'does not answer';
    log.warn(`The database ${what} (${reason}): trying again until it ${answers ? 'can' : 'does'}.`);
  };
  const inspection = await tryAgain(prepare, { passes: isPassing, onTrouble, signal }).catch((error: unknown) => {
    throw explained(error);
  });
  judge(inspection, environment, log);
}

/** What did not come from the server is a connection that failed, and that passes. */
function isPassing(error: unknown): boolean {
  if (error instanceof MayNotMigrate) return true;
  if (error instanceof DatabaseTooNew || isTold(error)) return false;
  const state = sqlStateOf(error);
  return state === undefined || passingStates.test(state);
}

/** Its message is a sentence already. */
const isTold = (error: unknown): error is DatabaseUnfit | LoginNotAdmitted =>
  error instanceof DatabaseUnfit || error instanceof LoginNotAdmitted;

/** A server that says no is there; one that is going down, coming up or full is as good as away. */
const hasAnswered = (error: unknown): boolean =>
  error instanceof MayNotMigrate || /^(?:25006|40...|55P03|57014)$/.test(sqlStateOf(error) ?? '');

function explained(error: unknown): unknown {
  if (isTold(error)) return new BootFailure(error.message, { cause: error });
  if (error instanceof DatabaseTooNew) return new BootFailure(asSentence(error.message), { cause: error });
  const state = sqlStateOf(error);
  if (state === undefined || !(error instanceof Error)) return error;
  return new BootFailure(`The database refuses to be prepared (SQLSTATE ${state}): ${asSentence(error.message)}`, {
    cause: error,
  });
}

/** Other people's error messages begin small and end without a full stop. */
function asSentence(message: string): string {
  const capital = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** TypeORM wraps what pg throws and copies its code. */
function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : undefined;
}

/** What a server that loses acknowledged commits when its machine fails has set to something else. */
const safe = { fsync: ['on'], fullPageWrites: ['on'], synchronousCommit: ['on', 'remote_apply'] } as const;

const parameterNames = { fsync: 'fsync', fullPageWrites: 'full_page_writes', synchronousCommit: 'synchronous_commit' };

function judge(inspection: ServerInspection, environment: Settings['environment'], log: Logger): void {
  for (const setting of ['fsync', 'fullPageWrites', 'synchronousCommit'] as const) {
    const values: readonly string[] = safe[setting];
    if (values.includes(inspection[setting])) continue;
    const fact = `The database has ${parameterNames[setting]} = ${inspection[setting]}, which may lose what was acknowledged`;
    if (environment === 'production')
      throw new BootFailure(`${fact}: production needs ${parameterNames[setting]} = ${values.join(' or ')}.`);
    log.warn(`${fact}.`);
  }
  if (inspection.dataChecksums !== 'on') {
    log.warn('The database has no data checksums: what its disk corrupts is found late or never.');
  }
  if (!inspection.writerRole) {
    log.warn('The role seed_writer cannot be taken: triggers alone keep the past from being edited.');
  }
}
