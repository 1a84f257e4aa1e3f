import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ClockKind } from '#domain';
import { withDatabase } from '../database/open-database.js';
import { importOnDatabase } from '../legacy/import-on-database.js';
import { importThroughServer } from '../legacy/import-through-server.js';
import { figuresOf, type Imported } from '../legacy/imported.js';
import { readImport, type LegacyImport } from '../legacy/legacy-import.js';
import { findServer } from '../server/find-server.js';
import { keyFileOption, reasonOption, serverOption } from '../server/server-option.js';
import type { Answer, Session } from '../session.js';
import { timelineOption } from './timeline-option.js';

interface ImportOptions {
  readonly timeline: string;
  readonly clock: ClockKind;
  readonly utcOffset: number;
  readonly server?: string;
  readonly keyFile?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const help = `
Reads every .json file that lies directly in the folder, backups/ and other folders not. All of it goes into the new
timeline or nothing does: a file that is not whole, or not what the old system wrote, is named, and nothing is imported.
Yield continues from the old system's last payout. The source files are kept as documents, legacy.<name>.

It goes through the running server; where none runs, straight to the database, which is started if it has to be. The
same command line again imports nothing twice: after a crash, repeat it.

Examples:
  npm run seed -- import-legacy ../old-system/data --timeline OLD
  npm run seed -- import-legacy data --timeline OLD --clock virtual --utc-offset +02:00
  npm run --silent seed -- import-legacy data --timeline OLD --server http://127.0.0.1:8000 --json`;

export function addImportLegacy(seed: Command, session: Session): void {
  seed
    .command('import-legacy')
    .description('Turn the data folder of the replaced Python system into a new timeline')
    .argument('<folder>', 'its data folder: markets.json, economy_state.json, …')
    .addOption(timelineOption('the timeline to make').makeOptionMandatory())
    .addOption(new Option('--clock <kind>', 'what its time runs on').choices(['wall', 'virtual']).default('wall'))
    .addOption(
      new Option('--utc-offset <+HH:MM>', 'of the times in the files that name no offset')
        .default(0, '+00:00, UTC')
        .argParser(parseUtcOffset),
    )
    .addOption(serverOption())
    .addOption(keyFileOption())
    .addOption(reasonOption())
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action((folder: string, options: ImportOptions) =>
      session.answer(options, () => importLegacy(folder, options, session)),
    );
}

async function importLegacy(folder: string, options: ImportOptions, session: Session): Promise<Answer> {
  const wanted = await readImport({
    folder: resolve(session.surroundings.workingFolder, folder),
    timeline: options.timeline,
    clock: options.clock,
    utcOffsetMinutes: options.utcOffset,
  });
  const server = await findServer(session, options);
  if (server !== undefined) return answerOf(wanted, await importThroughServer(server, wanted), server.url);
  return withDatabase(session, async (database) => {
    const imported = await importOnDatabase(database, session.settings, wanted, options.reason ?? null);
    return answerOf(wanted, imported, database.name);
  });
}

function answerOf({ folder, timeline, notRead }: LegacyImport, imported: Imported, through: string): Answer {
  const { already, version } = imported;
  const figures = figuresOf(imported.state);
  return {
    facts: { timeline, already, version, ...figures, folder, through, notRead },
    lines: [
      already
        ? `${folder} was imported into the timeline ${timeline} already: nothing was changed.`
        : `${folder} was imported into the new timeline ${timeline}, through ${through}.`,
      `  agents          ${figures.agents}`,
      `  markets open    ${figures.marketsOpen}`,
      `  markets closed  ${figures.marketsClosed}`,
      `  staked          ${figures.totalStaked}, by ${figures.stakers}`,
      `  money supply    ${figures.moneySupply}`,
      `  version         ${version}`,
      ...(notRead.length === 0 ? [] : [`Not read: ${notRead.join(', ')}`]),
    ],
  };
}

/** `+05:30` in minutes; no place on Earth is further from Greenwich than 14 hours. */
function parseUtcOffset(text: string): number {
  const match = /^([+-])(0\d|1[0-4]):([0-5]\d)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It has to look like +05:30, from -14:59 to +14:59.');
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? 0 - minutes : minutes;
}
