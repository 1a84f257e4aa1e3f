import { join } from 'node:path';
import type { Command } from 'commander';
import { headFacts, sizeText } from '../archives/heads.js';
import { readArchiveFile } from '../archives/read-archive-file.js';
import { listBackups, type Backup } from '../backups/backup-folder.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Answer, Session } from '../session.js';

interface ListOptions {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** A backup in the list; without `--check` its timelines are null and whether it is good is what its name says. */
interface Listed extends Backup {
  readonly timelines: ReturnType<typeof headFacts> | null;
  readonly problem: string | null;
}

const help = `
The newest first. With --check each is read to its end, and its timelines are listed with their heads.

Exit codes: 0 listed; 1 the folder cannot be read, or with --check one of them is damaged.

Examples:
  npm run seed -- backup list /backups/seed
  npm run --silent seed -- backup list /backups/seed --check --json`;

export function addBackupList(backup: Command, session: Session): void {
  backup
    .command('list')
    .description('List the backups in a folder')
    .argument('<folder>', 'where backup --to puts them')
    .option('--check', 'read each of them to its end')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action((folder: string, options: ListOptions) =>
      session.answer(options, () => list(session.path(folder), options, session)),
    );
}

async function list(folder: string, options: ListOptions, session: Session): Promise<Answer> {
  const backups: Listed[] = [];
  for (const backup of await listBackups(folder)) backups.push(await listed(folder, backup, options, session));
  const isSound = options.check !== true || backups.every(({ good }) => good);
  return {
    facts: {
      folder,
      backups: backups.map(({ atMs, ...backup }) => ({ ...backup, createdAt: new Date(atMs).toISOString() })),
    },
    lines: backups.length === 0 ? [`There is no backup in ${folder}.`] : backups.flatMap(linesOf),
    exitCode: isSound ? EXIT.ok : EXIT.refused,
  };
}

async function listed(folder: string, backup: Backup, options: ListOptions, session: Session): Promise<Listed> {
  if (options.check !== true) return { ...backup, timelines: null, problem: null };
  const progress = session.progress(options);
  const what = `Checking ${backup.file}, events`;
  try {
    const onEvents = (done: number, of: number): void => progress.show({ done, of, what });
    const { manifest } = await readArchiveFile(join(folder, backup.file), { onEvents });
    return { ...backup, timelines: headFacts(manifest), problem: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...backup, good: false, timelines: null, problem: error.message };
  }
}

function linesOf({ file, bytes, good, timelines, problem }: Listed): readonly string[] {
  return [
    `${good ? 'good' : 'bad '}  ${file}  ${sizeText(bytes)}`,
    ...(problem === null ? [] : [`      ${problem}`]),
    ...(timelines ?? []).map(({ timeline, expect }) => `      ${timeline}  ${expect}`),
  ];
}
