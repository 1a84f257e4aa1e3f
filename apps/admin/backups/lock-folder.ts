import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { refused, type Failure } from '../failure.js';
import { codeOf, whyNot } from '../files/why-not.js';

const NAME = '.seed-backup.lock';
const beatMs = 5_000;
/** A lock that was not written again for so long is nobody's. */
const staleMs = 60_000;

/** What stands in a lock. */
interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
}

/** Sees that the folder is still one's own. @throws Failure `folder-locked` where it is not, as on a machine that slept */
export type AssertHeld = () => Promise<void>;

/**
 * Works in a folder that no other process writes backups into, on whatever machine. The lock is a file that its holder writes
 * again every 5 s; a minute after the last time, by the clock of the file system, it may be taken over.
 *
 * @throws Failure `folder-locked`, `file-unwritable`
 */
export async function withLockedFolder<T>(folder: string, work: (assertHeld: AssertHeld) => Promise<T>): Promise<T> {
  const path = join(folder, NAME);
  const mine: Holder = { token: randomUUID(), host: hostname(), pid: process.pid };
  const file = (await create(path)) ?? (await takeOver(folder, path));
  const beat = (): Promise<unknown> => file.write(JSON.stringify(mine), 0);
  await beat().catch(async (error: unknown) => {
    // Nobody else has it yet, and an empty one would keep them out for a minute.
    await file.close();
    await rm(path, { force: true });
    throw unwritable(path, error);
  });
  const beating = setInterval(() => void beat().catch(() => undefined), beatMs);
  try {
    return await work(async () => {
      const holder = await holderOf(path);
      if (holder?.token !== mine.token) throw locked(folder, holder);
    });
  } finally {
    clearInterval(beating);
    await file.close();
    if ((await holderOf(path))?.token === mine.token) await rm(path, { force: true });
  }
}

/** Undefined where there is one already. */
async function create(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw unwritable(path, error);
  }
}

/** Moves a lock of nobody away. Whoever finds that it moved another one puts that back, and has none. */
async function takeOver(folder: string, path: string): Promise<FileHandle> {
  const holder = await holderOf(path);
  if ((await ageMs(path)) <= staleMs) throw locked(folder, holder);
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await holderOf(aside);
  if (moved?.token !== holder?.token) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  const file = await create(path);
  if (file === undefined) throw locked(folder, await holderOf(path));
  return file;
}

/** By the clock of the file system, which may be another machine's; without an end where the lock is gone. */
async function ageMs(path: string): Promise<number> {
  const probe = `${path}.${randomUUID()}`;
  try {
    await writeFile(probe, '');
    const [now, then] = await Promise.all([stat(probe), stat(path)]);
    return now.mtimeMs - then.mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw unwritable(probe, error);
  } finally {
    await rm(probe, { force: true });
  }
}

/** Undefined for one that is just being written, or that is gone. */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

const unwritable = (path: string, error: unknown): Failure =>
  refused('file-unwritable', `${path} cannot be written: ${whyNot(error)}.`);

function locked(folder: string, holder: Holder | undefined): Failure {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return refused(
    'folder-locked',
    `Backups are made in ${folder} by ${who}. If that was killed, the folder is free a minute later.`,
  );
}
