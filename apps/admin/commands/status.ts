import type { Command } from 'commander';
import type { TimelineRecord } from '#event-log';
import { inspectServer, readMigrations, type MigrationState, type ServerInspection } from '#event-log-postgres';
import { listTimelines } from '../database/list-timelines.js';
import { withLog } from '../database/open-log.js';
import { asksOnly, assertAnswers, dataFolder, findDatabase, type Database } from '../database/open-database.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { findServer, type Server } from '../server/find-server.js';
import { keyFileOption, serverOption } from '../server/server-option.js';
import type { Answer, Session } from '../session.js';

interface StatusOptions {
  readonly server?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
}

/** What could be found out about the database. */
type DatabaseStatus =
  | { readonly state: 'not named' }
  | { readonly state: 'unavailable'; readonly reason: string }
  | { readonly state: 'not up to date'; readonly name: string; readonly migrations: MigrationState }
  | {
      readonly state: 'up to date';
      readonly name: string;
      readonly migrations: MigrationState;
      readonly inspection: ServerInspection;
      readonly timelines: readonly TimelineRecord[];
    };

const help = `
Starts nothing and changes nothing. It ends with 0 if the database is up to date and the server, where one runs, is
healthy; with 1 if one of them is not; with 3 if the database does not answer.

Examples:
  npm run seed -- status
  npm run --silent seed -- status --json`;

export function addStatus(seed: Command, session: Session): void {
  seed
    .command('status')
    .description('Show the server, the database and its timelines')
    .addOption(serverOption())
    .addOption(keyFileOption())
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action((options: StatusOptions) => session.answer(options, () => status(options, session)));
}

async function status(options: StatusOptions, session: Session): Promise<Answer> {
  const server = await findServer(session, options);
  const database: DatabaseStatus = asksOnly(session, options) ? { state: 'not named' } : await databaseStatus(session);
  return {
    facts: { server: server === undefined ? null : { url: server.url, ...server.health }, database: factsOf(database) },
    lines: [serverLine(server), ...stoppedLines(server), ...databaseLines(database)],
    exitCode: exitCodeOf(server, database),
  };
}

async function databaseStatus(session: Session): Promise<DatabaseStatus> {
  const database = await findDatabase(session);
  if (database === undefined) {
    return {
      state: 'unavailable',
      reason: `no PostgreSQL runs in ${dataFolder(session)}, and no DATABASE_URL is given`,
    };
  }
  try {
    await assertAnswers(database);
  } catch (error) {
    if (error instanceof Failure) return { state: 'unavailable', reason: error.message };
    throw error;
  }
  return statusOf(database);
}

async function statusOf(database: Database): Promise<DatabaseStatus> {
  const { url, adminUrl, name } = database;
  const migrations = await readMigrations(adminUrl);
  if (migrations.pending.length > 0 || !migrations.isServable) return { state: 'not up to date', name, migrations };
  const [inspection, timelines] = await Promise.all([inspectServer(url), withLog(database, listTimelines)]);
  return { state: 'up to date', name, migrations, inspection, timelines };
}

function exitCodeOf(server: Server | undefined, { state }: DatabaseStatus): ExitCode {
  if (state === 'unavailable') return EXIT.unavailable;
  return state !== 'not up to date' && (server?.health.status ?? 'healthy') === 'healthy' ? EXIT.ok : EXIT.refused;
}

function factsOf(database: DatabaseStatus): object {
  if (database.state !== 'up to date') return database;
  const timelines = database.timelines.map(({ name, head, parent }) => ({
    name,
    version: head.version,
    chainHash: head.hash,
    parent: parent === null ? null : { name: parent.name, version: parent.forkVersion },
  }));
  return { ...database, timelines };
}

function serverLine(server: Server | undefined): string {
  if (server === undefined) return 'Server      none runs at HOST and PORT';
  const { status: health, version } = server.health;
  return `Server      ${server.url}, ${health}, version ${version}`;
}

function stoppedLines(server: Server | undefined): readonly string[] {
  const { stopped = 0, stoppedTimelines = [] } = server?.health ?? {};
  const untold = stopped - stoppedTimelines.length;
  return [
    ...stoppedTimelines.map(
      ({ timeline, version, reason }) => `  ${timeline} is stopped at version ${version}: ${reason}`,
    ),
    ...(untold > 0 ? [`  ${untold} stopped timelines that only a key for them is told of`] : []),
  ];
}

function databaseLines(database: DatabaseStatus): readonly string[] {
  switch (database.state) {
    case 'not named':
      return ['Database    none is named here: it is the server’s'];
    case 'unavailable':
      return [`Database    unavailable: ${database.reason}`];
    case 'not up to date':
      return [`Database    ${database.name}`, ...migrationLines(database.migrations)];
    case 'up to date':
      return [
        `Database    ${database.name}, PostgreSQL ${database.inspection.serverVersion}, up to date`,
        ...migrationLines(database.migrations),
        ...safetyLines(database.inspection),
        `Timelines   ${database.timelines.length}`,
        ...database.timelines.map(timelineLine),
      ];
  }
}

const migrationLines = ({ pending, unknown }: MigrationState): readonly string[] => [
  ...pending.map((name) => `  to be migrated: ${name}`),
  ...unknown.map((name) => `  migrated by a newer build: ${name}`),
];

/** Only what is not as it should be. */
function safetyLines(inspection: ServerInspection): readonly string[] {
  const { fsync, fullPageWrites, synchronousCommit, dataChecksums, writerRole, readOnly } = inspection;
  return [
    ...(fsync === 'on' && fullPageWrites === 'on' && ['on', 'remote_apply'].includes(synchronousCommit)
      ? []
      : [
          `  may lose what it acknowledged: fsync ${fsync}, full_page_writes ${fullPageWrites}, synchronous_commit ${synchronousCommit}`,
        ]),
    ...(readOnly ? ['  takes no writes: it is read-only'] : []),
    ...(dataChecksums === 'on' ? [] : ['  has no data checksums']),
    ...(writerRole ? [] : ['  cannot take the role seed_writer: triggers alone keep the past from being edited']),
  ];
}

function timelineLine({ name, head, parent }: TimelineRecord): string {
  const from = parent === null ? '' : `, forked from ${parent.name} at ${parent.forkVersion}`;
  return `  ${name}, version ${head.version}${from}`;
}
