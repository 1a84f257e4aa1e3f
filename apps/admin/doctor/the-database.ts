import { inspectServer, type ServerInspection } from '#event-log-postgres';
import { CLOCK_DIFFERENCE_MAX_MS } from '#runtime';
import type { Settings } from '#settings';
import { assertAnswers, dataFolder, findDatabase, type Database } from '../database/open-database.js';
import { withLog } from '../database/open-log.js';
import { readMigrations, type MigrationState } from '../database/read-migrations.js';
import { failureOf } from '../failure.js';
import type { Session } from '../session.js';
import { fail, ok, warn, type Check } from './check.js';

const oldestServerVersion = 16;
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
    const migrations = await readMigrations(database.adminUrl);
    const checks = [ok('database', `${database.name} answers`), migrationsCheck(migrations)];
    if (migrations.pending.length + migrations.unknown.length > 0) return { checks };
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

function migrationsCheck({ applied, pending, unknown }: MigrationState): Check {
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
      'Run seed migrate, or start the server, which does it.',
    );
  }
  return ok('migrations', `${applied.length} made, none missing`);
}

async function checkMigrated(database: Database, settings: Settings): Promise<readonly Check[]> {
  const inspection = await inspectServer(database.url);
  return [
    versionCheck(inspection),
    durabilityCheck(inspection, settings),
    inspection.dataChecksums === 'on'
      ? ok('data checksums', 'on')
      : warn('data checksums', inspection.dataChecksums, 'Stop PostgreSQL and run pg_checksums --enable.'),
    inspection.writerRole
      ? ok('writer role', 'seed_writer is taken, which may not edit the past')
      : warn(
          'writer role',
          'seed_writer cannot be taken',
          'Let the owner run: grant seed_writer to the login of DATABASE_URL.',
        ),
    await checkClock(database, settings),
  ];
}

function versionCheck({ serverVersion }: ServerInspection): Check {
  if (Number.parseInt(serverVersion, 10) >= oldestServerVersion) return ok('PostgreSQL', serverVersion);
  return fail('PostgreSQL', serverVersion, `Seed needs ${oldestServerVersion} or newer: upgrade it.`);
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
