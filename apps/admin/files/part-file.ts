import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, refused } from '../failure.js';
import { codeOf, whyNot } from './why-not.js';

/** Where a file's name ends and that of its unfinished part goes on. */
export const PART = '.part-';

/** A file that is being written under another name, so that nobody takes the beginning for the whole. */
export interface PartFile {
  /** Where its bytes are now. */
  readonly path: string;
  write(bytes: Uint8Array): Promise<void>;
  /** What was written is on the disk; nothing more can be. */
  seal(): Promise<void>;
  /** Gives a sealed file its name, and sees that the folder keeps it. @throws Failure `file-exists` unless `force` */
  publish(path: string, options: { readonly force: boolean }): Promise<void>;
  /** Removes what is there, unless it was published. */
  discard(): Promise<void>;
}

/** Begins a file beside the path that it is to have. @throws Failure `file-unwritable` */
export async function createPartFile(beside: string): Promise<PartFile> {
  const path = `${beside}${PART}${randomUUID()}`;
  const file = await writing(beside, () => open(path, 'wx', 0o600));
  return {
    path,
    write: (bytes) => writing(beside, () => writeAll(file, bytes)),
    seal: () => writing(beside, () => file.sync().finally(() => file.close())),
    publish: (as, { force }) => writing(as, () => publish(path, as, force)),
    async discard() {
      await file.close().catch(() => undefined);
      await rm(path, { force: true });
    },
  };
}

/** A name that is taken, or cannot be given. @throws Failure `file-exists`, `file-unwritable` */
export async function assertWritable(path: string, { force }: { readonly force: boolean }): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unwritable(path, error);
  });
  if (found === undefined) return;
  if (!found.isFile()) throw refused('file-unwritable', `${path} cannot be written: it is no file.`);
  if (!force) throw exists(path);
}

/** `write` may take less than it was given. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) from += (await file.write(bytes, from)).bytesWritten;
}

/** A link, unlike a renaming, is refused where the name is taken; not every file system has links. */
async function publish(path: string, as: string, force: boolean): Promise<void> {
  const isLinked = !force && (await linked(path, as));
  await (isLinked ? rm(path) : rename(path, as));
  const folder = await open(dirname(as), 'r');
  await folder.sync().finally(() => folder.close());
}

async function linked(path: string, as: string): Promise<boolean> {
  try {
    await link(path, as);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw exists(as);
    await assertWritable(as, { force: false });
    return false;
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure || codeOf(error) === '' ? error : unwritable(path, error);
  }
}

const exists = (path: string): Failure => refused('file-exists', `${path} exists already; --force writes over it.`);

const unwritable = (path: string, error: unknown): Failure =>
  refused('file-unwritable', `${path} cannot be written: ${whyNot(error)}.`);
