import { InvalidArgumentError, type Command } from 'commander';
import { checkRenaming, proveApart, type ImportedTimeline, type Renaming } from '#archives';
import { sizeText } from '../archives/heads.js';
import { importOnDatabase, importThroughServer, type FileToImport } from '../archives/import-file.js';
import { readArchiveFile } from '../archives/read-archive-file.js';
import type { TakenArchive } from '../archives/take-archive.js';
import { withDatabase } from '../database/open-database.js';
import { refused } from '../failure.js';
import { findServer } from '../server/find-server.js';
import { keyFileOption, reasonOption, serverOption } from '../server/server-option.js';
import type { Answer, Session } from '../session.js';
import { parseTimelineName } from './timeline-option.js';

interface ImportOptions {
  readonly rename: Renaming;
  readonly dryRun?: boolean;
  readonly withKeys?: boolean;
  readonly acceptStopped?: boolean;
  readonly server?: string;
  readonly keyFile?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** What became of the timelines of an archive; `already` is null where nothing was asked. */
interface Outcome {
  readonly through: string | null;
  readonly timelines: readonly (Omit<ImportedTimeline, 'already'> & { readonly already: boolean | null })[];
}

const help = `
All of the file is read and checked first; one that is cut off or was altered is refused with the place. Then all of it is
imported, or nothing. Timelines that are there already with the same history stay as they are, so the same command again
imports nothing twice: after a crash, repeat it. It goes through the running server; where none runs, straight to the
database, which is migrated first, and started if it has to be.

What somebody else's file says is held to what the server itself would let in, and every history is folded: one that breaks a
rule, or that this build cannot read, is refused with the place. Idempotency keys are left out, because they answer whoever sends
a request under one of them. To restore a backup of your own, give --with-keys; where it holds a timeline that was stopped,
--accept-stopped lets it in, and it is stopped again. Access keys are in no archive: make one with seed keys create.

A server makes REALITY when it first starts. To restore a whole backup, import it into an empty database before the server
runs, or give REALITY another name.

Exit codes: 0 imported, or with --dry-run whole; 1 refused, nothing was imported; 3 neither server nor database answers, or
the connection broke before the outcome was known.

Examples:
  npm run seed -- import all.seed.gz
  npm run seed -- import all.seed.gz --rename REALITY=REALITY-IN-MAY --rename RUN-7=RUN-7-IN-MAY
  npm run seed -- import all.seed.gz --dry-run
  npm run seed -- import /backups/seed/seed.20260315T040000.123Z.seed.gz --with-keys
  npm run --silent seed -- import run-7.seed.gz --server http://127.0.0.1:8000 --json`;

export function addImport(seed: Command, session: Session): void {
  seed
    .command('import')
    .description('Import an archive whole, or not at all')
    .argument('<file>', 'the archive, as export and backup write it')
    .option('--rename <old=new>', 'give a timeline another name; once for each', addRenaming, new Map())
    .option('--dry-run', 'only check the file; no server or database is asked')
    .option('--with-keys', 'its idempotency keys too: for a backup of your own')
    .option('--accept-stopped', 'also histories that break a rule, or that this build cannot read; they are stopped')
    .addOption(serverOption())
    .addOption(keyFileOption())
    .addOption(reasonOption())
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action((file: string, options: ImportOptions) =>
      session.answer(options, () => importFile(session.path(file), options, session)),
    );
}

async function importFile(path: string, options: ImportOptions, session: Session): Promise<Answer> {
  const { rename, dryRun = false, withKeys = false, acceptStopped = false } = options;
  const progress = session.progress(options);
  const heapMaxMib = session.settings.importHeapMaxMib;
  const taken = await readArchiveFile(path, {
    onEvents: (done, of) => progress.show({ done, of, what: 'Checking, events' }),
    check: (source, onEvents) => proveApart(source, { heapMaxMib, acceptStopped, onEvents }),
  });
  assertNamesFit(taken, rename);
  if (dryRun) return answerOf({ path, withKeys }, taken, { through: null, timelines: asRead(taken, rename) });
  const { bytes, manifest: checked } = taken;
  const file = { path, bytes, checked, rename, withKeys, acceptStopped, reason: options.reason ?? null };
  const outcome = await carryOut(file, options, session);
  return answerOf(file, taken, outcome);
}

async function carryOut(file: FileToImport, options: ImportOptions, session: Session): Promise<Outcome> {
  const progress = session.progress(options);
  const server = await findServer(session, options);
  if (server !== undefined) {
    const onSent = (done: number): void => progress.show({ done, of: file.bytes, what: 'Sending, bytes' });
    return { through: server.url, timelines: await importThroughServer(server, file, onSent) };
  }
  return withDatabase(session, async (database) => {
    const onEvents = (done: number, of: number): void => progress.show({ done, of, what: 'Importing, events' });
    return { through: database.name, timelines: await importOnDatabase(database, file, onEvents) };
  });
}

/** @throws Failure */
function assertNamesFit({ manifest }: TakenArchive, rename: Renaming): void {
  const misfit = checkRenaming(manifest, rename);
  if (misfit === undefined) return;
  const { status, name } = misfit;
  throw refused(
    status,
    status === 'renaming-unknown'
      ? `The archive has no timeline ${name} to rename.`
      : `Two timelines would be named ${name}.`,
  );
}

const asRead = ({ manifest }: TakenArchive, rename: Renaming): Outcome['timelines'] =>
  manifest.timelines.map(({ name, head }) => ({
    timeline: rename.get(name) ?? name,
    version: head.version,
    chainHash: head.hash,
    already: null,
  }));

function answerOf(
  { path: file, withKeys }: Pick<FileToImport, 'path' | 'withKeys'>,
  { manifest, bytes, sha256 }: TakenArchive,
  { through, timelines }: Outcome,
): Answer {
  const { createdAt } = manifest;
  return {
    facts: { file, bytes, sha256, createdAt, dryRun: through === null, through, timelines },
    lines: [
      through === null ? `${file} is whole; nothing was imported.` : `${file} was imported through ${through}:`,
      `  size       ${sizeText(bytes)}`,
      `  SHA-256    ${sha256}`,
      `  as of      ${createdAt}`,
      `  timelines  ${timelines.length}`,
      ...timelines.map(
        ({ timeline, version, chainHash, already }) =>
          `    ${timeline}  ${version}:${chainHash}${already === true ? ', was there already' : ''}`,
      ),
      ...(through === null ? [] : leftOut(withKeys)),
    ],
  };
}

/** What whoever restores a backup has to know of it. */
const leftOut = (withKeys: boolean): readonly string[] => [
  ...(withKeys ? [] : ['Its idempotency keys were left out; --with-keys imports those of a backup of your own.']),
  'Access keys are in no archive: where this was a restore, make one with seed keys create NAME --role admin.',
];

function addRenaming(text: string, before: Renaming): Renaming {
  const [from = '', to = '', ...more] = text.split('=');
  if (more.length > 0) throw new InvalidArgumentError('It has to look like OLD=NEW.');
  if (before.has(from)) throw new InvalidArgumentError(`${from} has a new name already.`);
  return new Map([...before, [parseTimelineName(from), parseTimelineName(to)]]);
}
