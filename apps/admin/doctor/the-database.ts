import {
  inspectServer,
  lookAtServer,
  MayNotMigrate,
  readMigrations,
  type MigrationState,
  type ServerInspection,
  type ServerLook,
} from '#event-log-postgres';
import { CLOCK_DIFFERENCE_MAX_MS } from '#runtime';
import type { Settings } from '#settings';
import { assertAnswers, dataFolder, findDatabase, type Database } from '../database/open-database.js';
import { withLog } from '../database/open-log.js';
import { asSentence, failureOf } from '../failure.js';
import type { Session } from '../session.js';
import { fail, ok, warn, type Check } from './check.js';

const clockDifferenceWarnMs = 1_000;

/** What was found out about the database, and itself where it can be worked with. */
interface DatabaseFound {
  readonly checks: readonly Check[];
  readonly database?: Database;
}

/** Whether the database answers, is of this build, keeps what it acknowledges, and has the same time. */
export async function checkDatabase(session: Session): Promise<DatabaseFound> {
  try {
    const database = await findDatabase(session);
    if (database === undefined) return { checks: [notRunning(session)] };
    await assertAnswers(database);
    const look = await lookAtServer(database.url, 'seed doctor');
    const answers = ok('database', `${database.name} answers`);
    if (look.unfit !== null) return { checks: [answers, unfitCheck(look, look.unfit)] };
    const server = ok('PostgreSQL', `${look.version}, ${look.encoding}`);
    const migrations = await readMigrations(database.adminUrl).catch(unreadable);
    if (migrations instanceof MayNotMigrate) return { checks: [answers, server, unreadableCheck(migrations)] };
    const checks = [answers, server, migrationsCheck(migrations)];
    if (migrations.pending.length > 0 || !migrations.isServable) return { checks };
    return { checks: [...checks, ...(await checkMigrated(database, session.settings))], database };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    const advice = 'Start it, or put its right address into DATABASE_URL; without one an embedded PostgreSQL is run.';
    return { checks: [fail('database', failure.message.replace(/[.]$/, ''), advice)] };
  }
}

const notRunning = (session: Session): Check =>
  warn(
    'database',
    `no PostgreSQL runs in ${dataFolder(session)}, and no DATABASE_URL is given`,
    'Start the server, which starts it; other commands start it for as long as they work.',
  );

/** The sentence of a start that refuses: what is there, and what to do. */
function unfitCheck({ version, encoding }: ServerLook, unfit: string): Check {
  return fail('PostgreSQL', `${version}, ${encoding}`, unfit);
}

function writableCheck({ readOnly }: ServerInspection): Check {
  if (!readOnly) return ok('writes', 'the database takes them');
  return fail(
    'writes',
    'the database is read-only',
    'Set default_transaction_read_only to off, for the server, the database and the login, or use the primary’s address.',
  );
}

function unreadable(error: unknown): MayNotMigrate {
  if (error instanceof MayNotMigrate) return error;
  throw error;
}

const unreadableCheck = ({ message }: MayNotMigrate): Check => {
  const [found = '', advice = ''] = message.split(': ');
  return fail('migrations', found, asSentence(advice));
};

function migrationsCheck({ applied, pending, unknown, isServable, mayMigrate }: MigrationState): Check {
  if (unknown.length > 0 && isServable) {
    return ok(
      'migrations',
      `${applied.length} made, and by a newer build, which lets this one serve: ${unknown.join(', ')}`,
    );
  }
  if (unknown.length > 0) {
    return fail(
      'migrations',
      `made by a newer build: ${unknown.join(', ')}`,
      'Use the build that made them, or a newer one.',
    );
  }
  if (pending.length > 0) {
    return warn(
      'migrations',
      `to be made: ${pending.join(', ')}`,
      mayMigrate
        ? 'Run seed migrate, or start the server, which does it.'
        : 'Run seed migrate as the owner, by DATABASE_ADMIN_URL: this login may not.',
    );
  }
  return ok('migrations', `${applied.length} made, none missing`);
}

async function checkMigrated(database: Database, settings: Settings): Promise<readonly Check[]> {
  const inspection = await inspectServer(database.url);
  return [
    writableCheck(inspection),
    durabilityCheck(inspection, settings),
    inspection.dataChecksums === 'on'
      ? ok('data checksums', 'on')
      : warn('data checksums', inspection.dataChecksums, 'Stop PostgreSQL and run pg_checksums --enable.'),
    inspection.writerRole
      ? ok('writer role', 'seed_writer is taken, which may not edit the past')
      : warn(
          'writer role',
          'seed_writer cannot be taken, or may not do all that serving needs',
          'Run seed migrate with the owner’s DATABASE_ADMIN_URL; where the owner may not make roles, let somebody who may ' +
            'run "create role seed_writer nologin" and grant it to the login of DATABASE_URL before.',
        ),
    await checkClock(database, settings),
  ];
}

/** Production refuses to start with it; elsewhere it is at one's own risk. */
function durabilityCheck(
  { fsync, fullPageWrites, synchronousCommit }: ServerInspection,
  { environment }: Settings,
): Check {
  const found = `fsync ${fsync}, full_page_writes ${fullPageWrites}, synchronous_commit ${synchronousCommit}`;
  const isSafe = fsync === 'on' && fullPageWrites === 'on' && ['on', 'remote_apply'].includes(synchronousCommit);
  if (isSafe) return ok('durability', found);
  const tell = environment === 'production' ? fail : warn;
  return tell('durability', found, 'Set all three to on: a machine that fails may lose what was acknowledged.');
}

/** This machine's clock is asked before and after, so that a slow answer is no difference. */
async function checkClock(database: Database, { clockOffsetMs }: Settings): Promise<Check> {
  const [before, there, after] = await withLog(database, async (log) => {
    await log.databaseTimeMs();
    return [Date.now(), await log.databaseTimeMs(), Date.now()] as const;
  });
  const differenceMs = Math.max(0, before + clockOffsetMs - there, there - after - clockOffsetMs);
  const found = `${differenceMs} ms from the database's`;
  const advice = 'Let both machines take their time from NTP.';
  if (differenceMs > CLOCK_DIFFERENCE_MAX_MS) return fail('clock', found, advice);
  return differenceMs > clockDifferenceWarnMs ? warn('clock', found, advice) : ok('clock', found);
}
