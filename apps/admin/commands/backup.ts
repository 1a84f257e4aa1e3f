import type { Command } from 'commander';
import { listBackups, makeFolder, removeParts } from '../backups/backup-folder.js';
import { withLockedFolder, type AssertHeld } from '../backups/lock-folder.js';
import { makeBackup, type BackupWish } from '../backups/make-backup.js';
import { bySchedule } from '../backups/schedule.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { keyFileOption, serverOption } from '../server/server-option.js';
import type { Answer, Session } from '../session.js';
import { addBackupList } from './backup-list.js';
import { parseDuration } from './durations.js';
import { parseWhole } from './parsers.js';
import { timelineOption } from './timeline-option.js';

interface BackupOptions extends Omit<BackupWish, 'folder'> {
  readonly to?: string;
  readonly every?: number;
}

const keepByDefault = 24;

const help = `
A backup is an archive, named by the moment that it holds, in UTC: seed.20260315T040000.123Z.seed.gz. It is read back from
the disk before it has its name; one that does not pass is kept as .bad, told, and never counts. Then the oldest good ones
of the same kind are removed; no other file in the folder is touched. seed import restores one.

With --every it goes on until Ctrl-C or SIGTERM, and finishes what is under way. The first is made at once, or when the
newest one in the folder is old enough. One that fails is told on standard error and tried again at the next time. With
--json each is printed on a line.

It prints the head of each timeline as VERSION:HASH: keep them elsewhere, for seed verify --expect.

Exit codes: 0 all were made; 1 one was refused or bad, or another process makes backups in the folder; 3 one failed because
neither server nor database answered. With --every it is that of the last failure.

Examples:
  npm run seed -- backup --to /backups/seed
  npm run seed -- backup --to /backups/seed --every 1h --keep 168
  npm run --silent seed -- backup --to /backups/run-7 --timeline RUN-7 --json
  npm run seed -- backup list /backups/seed --check`;

export function addBackup(seed: Command, session: Session): void {
  const backup: Command = seed
    .command('backup')
    .description('Make a backup and check it, once or by schedule, and keep the newest')
    .option('--to <folder>', 'where to; made if its parent exists')
    .option('--keep <n>', 'how many good ones to keep', parseWhole(1, 999_999), keepByDefault)
    .option('--every <duration>', 'go on by schedule, such as 30m, 1h or 7d', parseDuration)
    .addOption(timelineOption('this one alone, with its ancestry'))
    .addOption(serverOption())
    .addOption(keyFileOption())
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(async (options: BackupOptions) => {
      const { to } = options;
      if (to === undefined) backup.error("error: required option '--to <folder>' not specified");
      await session.answer({ ...options, onOneLine: options.every !== undefined }, () =>
        backUp({ ...options, folder: session.path(to) }, session),
      );
    });
  addBackupList(backup, session);
}

async function backUp(wish: BackupWish & BackupOptions, session: Session): Promise<Answer> {
  const { folder, every } = wish;
  // Settings that cannot be accepted would fail every time.
  void session.settings;
  await makeFolder(folder);
  return withLockedFolder(folder, async (assertHeld) => {
    await removeParts(folder);
    if (every === undefined) return makeBackup(session, wish, assertHeld);
    return goOn(session, { ...wish, every }, assertHeld);
  });
}

async function goOn(
  session: Session,
  wish: BackupWish & { readonly every: number },
  assertHeld: AssertHeld,
): Promise<Answer> {
  const { every: everyMs, timeline = null } = wish;
  const newest = (await listBackups(wish.folder)).find((one) => one.good && one.timeline === timeline);
  const stopping = session.surroundings.stopping ?? new AbortController().signal;
  const form = { ...wish, onOneLine: true };
  let [made, failed] = [0, 0];
  let exitCode: ExitCode = EXIT.ok;
  await bySchedule({ everyMs, lastMs: newest?.atMs, stopping }, async () => {
    try {
      session.tell(await makeBackup(session, wish, assertHeld), form);
      made += 1;
    } catch (error) {
      exitCode = session.tellFailure(error, form);
      failed += 1;
    }
  });
  const failures = failed === 0 ? '' : `; ${failed} failed`;
  return { facts: { made, failed }, lines: [`Stopped after ${made} backups${failures}.`], exitCode };
}
