import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findEmbeddedPostgres } from '#embedded-postgres';

const run = promisify(execFile);
const prefix = 'seed-small-disk-';
const fillAttemptsMax = 50;

/** A file system of its own, in memory, that can be full. */
export interface SmallDisk {
  readonly folder: string;
  /** From now on there is no room for one byte more than there is; what is freed may be used again. */
  fill(): Promise<void>;
  /** There is room again. */
  makeRoom(): Promise<void>;
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
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'seed-small-disk', folder]);
  } catch (cause) {
    await rmdir(folder);
    throw new Error('A disk that can be full takes a mount of a tmpfs: run this as root, where mount is allowed.', {
      cause,
    });
  }
  await chmod(folder, 0o755);
  const resize = (size: string): Promise<unknown> => run('mount', ['-o', `remount,size=${size}`, folder]);
  return {
    folder,
    async fill() {
      for (let attempt = 1; ; attempt += 1) {
        const { blocks, bfree, bsize } = await statfs(folder);
        try {
          await resize(String((blocks - bfree) * bsize));
          return;
        } catch (error) {
          // Somebody wrote meanwhile, and a disk is never made smaller than what is on it.
          if (attempt === fillAttemptsMax) throw error;
        }
      }
    },
    async makeRoom() {
      await resize(`${megabytes}m`);
    },
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
