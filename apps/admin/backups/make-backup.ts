import { join } from 'node:path';
import { withArchive, type ArchiveWish } from '../archives/archive-source.js';
import { headFacts, headLines, sizeText } from '../archives/heads.js';
import { readArchiveFile } from '../archives/read-archive-file.js';
import { takeNewArchive, type TakenArchive } from '../archives/take-archive.js';
import { refused, reasonOf } from '../failure.js';
import { createPartFile, type PartFile } from '../files/part-file.js';
import type { Answer, Session } from '../session.js';
import { BAD, backupName, PREFIX, removeOld } from './backup-folder.js';
import type { AssertHeld } from './lock-folder.js';

/** Backups to make. */
export interface BackupWish extends ArchiveWish {
  readonly folder: string;
  /** How many good ones are left, from 1. */
  readonly keep: number;
  readonly json?: boolean;
}

/**
 * Makes one backup, reads it back from the disk, and removes the oldest.
 *
 * @throws Failure `backup-bad` where what was read back is not what was written: the file is left with `.bad` behind its name
 */
export async function makeBackup(session: Session, wish: BackupWish, assertHeld: AssertHeld): Promise<Answer> {
  const { folder, keep, timeline = null } = wish;
  await assertHeld();
  const part = await createPartFile(join(folder, PREFIX));
  try {
    const { taken, through } = await take(session, wish, part);
    const file = backupName(timeline, taken.manifest.createdAt);
    await readBack(session, wish, { part, taken, file });
    await assertHeld();
    await part.publish(join(folder, file), { force: false });
    const removed = await removeOld(folder, file, keep);
    return answerOf(join(folder, file), taken, { through, removed });
  } finally {
    await part.discard();
  }
}

async function take(
  session: Session,
  wish: BackupWish,
  part: PartFile,
): Promise<{ readonly taken: TakenArchive; readonly through: string }> {
  const progress = session.progress(wish);
  const made = await withArchive(session, wish, async (source, through) => ({
    through,
    taken: await takeNewArchive({
      source,
      sink: (bytes) => part.write(bytes),
      onEvents: (done, of) => progress.show({ done, of, what: 'Backing up, events' }),
    }),
  }));
  await part.seal();
  return made;
}

interface Written {
  readonly part: PartFile;
  readonly taken: TakenArchive;
  readonly file: string;
}

/** What comes from the disk is checked as any archive is, and has to be what went there. */
async function readBack(session: Session, wish: BackupWish, { part, taken, file }: Written): Promise<void> {
  const progress = session.progress(wish);
  const what = 'Reading back, events';
  progress.show({ done: 0, what });
  try {
    const read = await readArchiveFile(part.path, { onEvents: (done, of) => progress.show({ done, of, what }) });
    const isSame = JSON.stringify(headFacts(read.manifest)) === JSON.stringify(headFacts(taken.manifest));
    if (!isSame || read.sha256 !== taken.sha256) throw new Error('it holds another archive than was written');
  } catch (error) {
    const bad = join(wish.folder, `${file}${BAD}`);
    await part.publish(bad, { force: true });
    throw refused(
      'backup-bad',
      `The backup did not pass and is kept as ${bad}, which does not count: ${reasonOf(error)}`,
    );
  }
}

function answerOf(
  path: string,
  { manifest, bytes, sha256 }: TakenArchive,
  { through, removed }: { readonly through: string; readonly removed: readonly string[] },
): Answer {
  const { createdAt } = manifest;
  return {
    facts: { file: path, bytes, sha256, createdAt, through, timelines: headFacts(manifest), removed },
    lines: [
      `Backed up through ${through} to ${path}, and read back whole:`,
      `  size       ${sizeText(bytes)}`,
      `  SHA-256    ${sha256}`,
      `  as of      ${createdAt}`,
      `  timelines  ${manifest.timelines.length}`,
      ...headLines(manifest).map((line) => `  ${line}`),
      ...removed.map((file) => `  removed    ${file}`),
      'Access keys are not in it: after a restore, make new ones. Its idempotency keys come back with import --with-keys.',
    ],
  };
}
