import { randomUUID } from 'node:crypto';
import { chown, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Account } from './account.js';

/** Replaces a small file so that after a crash it holds either the old text or the new one, and makes it private. */
export async function writePrivateFile(path: string, text: string, account: Account): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await give(unfinished, account);
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

/** Makes the renames inside a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Hands a file or folder to the account, where that is another user than this process's. */
export async function give(path: string, account: Account): Promise<void> {
  if (account.ids.uid !== undefined) {
    await chown(path, account.ids.uid, account.ids.gid);
  }
}
