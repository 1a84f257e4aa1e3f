import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../failure.js';
import { PART } from '../files/part-file.js';
import { codeOf, whyNot } from '../files/why-not.js';

/** How the name of every file that a backup makes begins. */
export const PREFIX = 'seed';
/** Ends the name of a backup that did not pass. */
export const BAD = '.bad';

const pattern = /^seed(?:\.(?<timeline>.+))?\.(?<day>\d{8})T(?<time>\d{6})\.(?<ms>\d{3})Z\.seed\.gz(?<bad>\.bad)?$/;

/** A file in a folder of backups that has the name of one. */
export interface Backup {
  readonly file: string;
  readonly bytes: number;
  /** Null for one of all timelines. */
  readonly timeline: string | null;
  /** The moment that it holds, ms since the Unix epoch. */
  readonly atMs: number;
  /** It passed when it was made. */
  readonly good: boolean;
}

/** The name of a backup as of a moment, ISO 8601 in UTC: names of one kind are in order of time. */
export function backupName(timeline: string | null, at: string): string {
  const of = timeline === null ? '' : `.${timeline}`;
  return `${PREFIX}${of}.${at.replace(/[-:]/g, '')}.seed.gz`;
}

/** The newest first; what has another name is none of them. @throws Failure `directory-unreadable` */
export async function listBackups(folder: string): Promise<readonly Backup[]> {
  const names = await namesIn(folder);
  const backups = await Promise.all(names.map((file) => backupOf(folder, file)));
  return backups.filter((backup) => backup !== undefined).sort((left, right) => right.atMs - left.atMs);
}

/** Makes the folder where there is none, but not the one above it. @throws Failure `file-unwritable` */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') return;
    throw refused('file-unwritable', `The folder ${folder} cannot be made: ${whyNot(error)}.`);
  });
}

/** Removes what a backup left that was killed. Only for whoever holds the folder's lock. */
export async function removeParts(folder: string): Promise<void> {
  const parts = (await namesIn(folder)).filter((name) => name.startsWith(`${PREFIX}${PART}`));
  for (const part of parts) await rm(join(folder, part), { force: true });
}

/**
 * Removes the oldest good backups of the same kind as `made`, so that `keep` are left with it; gives their names.
 *
 * @throws Failure `file-unwritable`
 */
export async function removeOld(folder: string, made: string, keep: number): Promise<readonly string[]> {
  const all = await listBackups(folder);
  const timeline = all.find(({ file }) => file === made)?.timeline;
  const others = all.filter((one) => one.good && one.timeline === timeline && one.file !== made);
  const old = others.slice(keep - 1).map(({ file }) => file);
  for (const file of old) await remove(join(folder, file));
  return old;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw refused('directory-unreadable', `The folder ${folder} cannot be read: ${whyNot(error)}.`);
  });
}

async function backupOf(folder: string, file: string): Promise<Backup | undefined> {
  const { day, time, ms, timeline = null, bad } = pattern.exec(file)?.groups ?? {};
  if (day === undefined || time === undefined || ms === undefined) return undefined;
  const atMs = Date.parse(
    `${day.replace(/(\d{4})(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}.${ms}Z`,
  );
  const found = await stat(join(folder, file)).catch(() => undefined);
  if (Number.isNaN(atMs) || found?.isFile() !== true) return undefined;
  return { file, bytes: found.size, timeline, atMs, good: bad === undefined };
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error: unknown) => {
    throw refused(
      'file-unwritable',
      `A backup was made, but the old one, ${path}, cannot be removed: ${whyNot(error)}.`,
    );
  });
}
