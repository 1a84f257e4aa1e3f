import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { open, statfs, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import { give } from './durable-file.js';

/**
 * What came of trying to lock a file: a lock, which lasts until the last process that has `handle` open has closed it or
 * ended; `held` by somebody else; or `unknown`, where nobody here or on that file system knows how to lock.
 */
export type Attempt = { readonly kind: 'taken'; readonly handle: FileHandle } | { readonly kind: 'held' | 'unknown' };

const retryMs = 50;

/**
 * Locks a file against every other process, of other containers too, with flock(2): the lock belongs to what was opened, and so
 * to every process that inherits it. The system frees it when the last of them is gone, killed or not.
 *
 * @param waitMs how long a holder gets to end
 */
export async function lockFile(path: string, account: Account, waitMs: number): Promise<Attempt> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const attempt = await (process.platform === 'darwin' ? lockAsOpened : lockByProgram)(path, account);
    if (attempt.kind !== 'held' || performance.now() >= deadline) return attempt;
    await sleep(retryMs);
  }
}

/** Node cannot lock; what a child locks that inherits the file is locked for both. */
async function lockByProgram(path: string, account: Account): Promise<Attempt> {
  const handle = await openToLock(path, account, 0);
  const code = await exitCodeOf(handle).catch(() => null);
  if (code === 0) return { kind: 'taken', handle };
  await handle.close();
  return { kind: code === 1 ? 'held' : 'unknown' };
}

async function exitCodeOf({ fd }: FileHandle): Promise<unknown> {
  const child = spawn('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  const [code] = (await once(child, 'exit')) as readonly unknown[];
  return code;
}

/** O_EXLOCK of macOS, which has no program for it. */
const EXCLUSIVE_LOCK = 0x20;

async function lockAsOpened(path: string, account: Account): Promise<Attempt> {
  try {
    return { kind: 'taken', handle: await openToLock(path, account, EXCLUSIVE_LOCK | constants.O_NONBLOCK) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return { kind: 'held' };
    if (code === 'ENOTSUP' || code === 'EOPNOTSUPP') return { kind: 'unknown' };
    throw error;
  }
}

/** For writing too, without which NFS locks nothing exclusively. The file is never removed: its lock would go with it. */
async function openToLock(path: string, account: Account, flags: number): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | flags, 0o600);
  try {
    await give(path, account);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** File systems of one kernel: ext2 to 4, xfs, btrfs, tmpfs, overlay, zfs, f2fs, bcachefs, as linux/magic.h numbers them. */
const localTypes = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e,
]);

/** Whether a lock in that folder holds against all who can reach it. On a network volume it may hold on one machine alone. */
export async function locksHoldForAll(folder: string): Promise<boolean> {
  return process.platform === 'linux' && localTypes.has((await statfs(folder)).type);
}
