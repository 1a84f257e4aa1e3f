import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './failure.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** In the home of a place. */
export const ownerFileName = 'owner.json';

const takeoversMax = 10;

/**
 * Makes this process the one that starts, restarts and stops the server of a folder. Ownership ends with the process:
 * a file left by one that was killed is taken over.
 *
 * @throws EmbeddedPostgresError naming the owner, when that is alive.
 */
export async function takeOwnership(home: string, dataDir: string): Promise<void> {
  const ownerFile = join(home, ownerFileName);
  const claim = join(home, `${ownerFileName}.${process.pid}`);
  await writeFile(claim, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < takeoversMax; attempt += 1) {
      if (await linkIfAbsent(claim, ownerFile)) {
        return;
      }
      await refuseOrClear(ownerFile, dataDir);
    }
  } finally {
    await rm(claim, { force: true });
  }
  throw new EmbeddedPostgresError(
    `Several processes are starting with the data directory ${dataDir}: start one of them.`,
  );
}

/** Gives ownership up, after the server was stopped. */
export async function releaseOwnership(home: string): Promise<void> {
  await rm(join(home, ownerFileName), { force: true });
}

/** A hard link, unlike a write, fails when the name is taken, and shows the file only with its whole content. */
async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function refuseOrClear(ownerFile: string, dataDir: string): Promise<void> {
  const found = await readOwner(ownerFile);
  if (found.owner !== undefined && isAlive(found.owner)) {
    throw new EmbeddedPostgresError(
      `Process ${found.owner.pid} already runs with the data directory ${dataDir}: ` +
        'stop it, or give this one a DATA_DIR of its own.',
    );
  }
  await clearDeadOwner(ownerFile, found.text);
}

/**
 * Two processes may find the same dead owner. Renaming lets one of them have the file; if that was by then a newer
 * claim, it is put back, since deleting it would leave two owners.
 */
async function clearDeadOwner(ownerFile: string, deadText: string): Promise<void> {
  const aside = `${ownerFile}.dead-${process.pid}`;
  try {
    await rename(ownerFile, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return;
    }
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== deadText) {
    await linkIfAbsent(aside, ownerFile);
  }
  await rm(aside, { force: true });
}

/** Who wrote that file; undefined where it is not there, or not whole. */
export async function readOwner(ownerFile: string): Promise<{ text: string; owner: ProcessIdentity | undefined }> {
  const text = await readFile(ownerFile, 'utf8').catch(() => '');
  try {
    return { text, owner: JSON.parse(text) as ProcessIdentity };
  } catch {
    return { text, owner: undefined };
  }
}
