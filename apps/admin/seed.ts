import { Command, CommanderError } from 'commander';
import { BUILD, buildName } from '#settings';
import { addAudit } from './commands/audit.js';
import { addBackup } from './commands/backup.js';
import { addCompare } from './commands/compare.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addExport } from './commands/export.js';
import { addFork } from './commands/fork.js';
import { addForks } from './commands/forks.js';
import { addImport } from './commands/import.js';
import { addImportLegacy } from './commands/import-legacy.js';
import { addKeys } from './commands/keys.js';
import { addLabel } from './commands/label.js';
import { addMigrate } from './commands/migrate.js';
import { addReplay } from './commands/replay.js';
import { addSnapshot } from './commands/snapshot.js';
import { addState } from './commands/state.js';
import { addStatus } from './commands/status.js';
import { addVerify } from './commands/verify.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { Session, type Surroundings } from './session.js';
import { shownLine, shownText } from './terminal-text.js';

/** Adds one command to the line. A new one is a file in `commands/` and its entry here. */
type AddCommand = (seed: Command, session: Session) => void;

const commands: readonly AddCommand[] = [
  addAudit,
  addBackup,
  addCompare,
  addDoctor,
  addEvents,
  addExport,
  addFork,
  addForks,
  addImport,
  addImportLegacy,
  addKeys,
  addLabel,
  addMigrate,
  addReplay,
  addSnapshot,
  addState,
  addStatus,
  addVerify,
];

const description =
  'Looks after a Seed installation: its timelines, its database, its archives, and the data of the system that Seed ' +
  'replaces. A command goes through the running server; where none runs, straight to the database, which is started for ' +
  'as long as it takes. Settings come from the environment and the file .env, as for the server.';

const exitCodes = `
Exit codes:
  ${EXIT.ok}  done
  ${EXIT.refused}  refused, or something is wrong; what it is stands on standard error
  ${EXIT.usage}  not a command line, or not settings, that can be understood
  ${EXIT.unavailable}  the server or the database does not answer; try again later

Examples:
  npm run seed -- status
  npm run seed -- doctor
  npm run seed -- fork REALITY WHAT-IF
  npm run seed -- compare REALITY WHAT-IF
  npm run seed -- events REALITY --follow
  npm run seed -- migrate
  npm run seed -- export all.seed.gz
  npm run seed -- backup --to /backups/seed --every 1h
  npm run seed -- import-legacy ../old-system/data --timeline OLD
  npm run --silent seed -- status --json`;

/**
 * Runs one command line, given without the program's name.
 *
 * @returns the exit code; whatever went wrong has been told by then
 */
export async function runSeed(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const session = new Session(surroundings);
  const seed = new Command('seed').description(description).version(buildName(BUILD)).addHelpText('after', exitCodes);
  // An option behind a command's name is that command's, also where the one above it has it too.
  seed.enablePositionalOptions();
  const { out, err } = surroundings;
  seed.exitOverride().configureOutput({
    writeOut: (text) => out(shownText(text)),
    writeErr: (text) => err(shownText(text)),
    // It quotes what was typed. What it would have meant stands on a line of its own.
    outputError: (text, write) =>
      write(
        `${text
          .trimEnd()
          .split(/\n(?=\(Did you mean)/)
          .map(shownLine)
          .join('\n')}\n`,
      ),
  });
  for (const add of commands) add(seed, session);
  try {
    await seed.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return isHelpAsked(error) ? EXIT.ok : EXIT.usage;
  }
  return session.exitCode;
}

/** No command at all shows the help too, but as a mistake. */
const isHelpAsked = ({ code }: CommanderError): boolean =>
  code === 'commander.helpDisplayed' || code === 'commander.version';
