import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findEmbeddedPostgres } from '#embedded-postgres';

const run = promisify(execFile);
const prefix = 'seed-small-disk-';
const fillAttemptsMax = 50;
const FILES_MAX = 1_000_000;

/** A file system of its own, in memory, that can be full. */
export interface SmallDisk {
  readonly folder: string;
  /** From now on there is no room for one byte more than there is; what is freed may be used again. */
  fill(): Promise<void>;
  /** From now on there is room for bytes, but for no file more. */
  refuseFiles(): Promise<void>;
  /** There is room again, for both. */
  makeRoom(): Promise<void>;
  /** Whether it was full at any moment since then, by `performance.now()`. */
  wasFullSince(ms: number): boolean;
  remove(): Promise<void>;
}

/**
 * Mounts a disk of so many MB that anybody may enter, which takes root. What a process that was killed left mounted is
 * removed first.
 */
export async function openSmallDisk(megabytes: number): Promise<SmallDisk> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,nr_inodes=${FILES_MAX}`, 'seed-small-disk', folder]);
  } catch (cause) {
    await rmdir(folder);
    throw new Error('A disk that can be full takes a mount of a tmpfs: run this as root, where mount is allowed.', {
      cause,
    });
  }
  await chmod(folder, 0o755);
  const remount = (limit: string): Promise<unknown> => run('mount', ['-o', `remount,${limit}`, folder]);
  let isFull = false;
  let hasRoomSinceMs = -Infinity;
  return {
    folder,
    async fill() {
      isFull = true;
      for (let attempt = 1; ; attempt += 1) {
        const { blocks, bfree, bsize } = await statfs(folder);
        try {
          await remount(`size=${(blocks - bfree) * bsize}`);
          return;
        } catch (error) {
          // Somebody wrote meanwhile, and a disk is never made smaller than what is on it.
          if (attempt === fillAttemptsMax) throw error;
        }
      }
    },
    async refuseFiles() {
      isFull = true;
      const { files, ffree } = await statfs(folder);
      await remount(`nr_inodes=${files - ffree}`);
    },
    async makeRoom() {
      await remount(`size=${megabytes}m,nr_inodes=${FILES_MAX}`);
      isFull = false;
      hasRoomSinceMs = performance.now();
    },
    wasFullSince: (ms) => isFull || hasRoomSinceMs >= ms,
    remove: () => unmount(folder),
  };
}

async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    if (!isAlive(Number(name.slice(prefix.length).split('-')[0]))) await unmount(join(tmpdir(), name));
  }
}

async function unmount(folder: string): Promise<void> {
  const postgres = await findEmbeddedPostgres(folder).catch(() => undefined);
  if (postgres !== undefined) process.kill(postgres.pid, 'SIGQUIT');
  // Lazily: whoever still ends has files open there.
  await run('umount', ['-l', folder]).catch(() => undefined);
  await rmdir(folder).catch(() => undefined);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
