import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './failure.js';
import { lockFile, locksHoldForAll, type Attempt } from './file-lock.js';
import { isBeating, startHeartbeat, type Heartbeat } from './heartbeat.js';
import type { Place } from './place.js';
import { lockServer, readPostmaster } from './postmaster.js';
import { isAlive, isOfThisSpace, ownIdentity, type ProcessIdentity } from './process-identity.js';

const ownerFileName = 'owner.json';
const ownerLockName = 'owner.lock';
const takeoversMax = 10;

/** A process that was just killed may not be gone to the last, and the server's own processes take longer. */
const lastMomentsMs = { owner: 500, server: 3_000 };

/** One that just took the lock has not said yet who it is. */
const introduction = { tries: 10, everyMs: 100 };

/** Who owns a place, as it says itself. */
export interface Owner extends ProcessIdentity {
  /** These are absent in what builds without them wrote. */
  readonly host?: string;
  readonly version?: string;
  readonly since?: string;
}

/** That this process starts, restarts and stops the server of a place, and no other in the world. */
export interface Ownership {
  /** To be inherited by the server, so that others see that it may be running. */
  readonly heartbeat: Heartbeat;
  /** Who took the place over because this process, and all of its machine, stood still for long; mostly nobody. */
  lostTo(): Promise<Owner | undefined>;
  /** Gives it up, after the server was stopped. */
  release(): Promise<void>;
}

/**
 * Makes this process the one that starts, restarts and stops the server of a place. Ownership ends with the process: the
 * system frees its lock. Where the lock may not hold for all who reach the place, as on a network volume, an owner that
 * would not be found here counts as alive while its heartbeat goes on.
 *
 * @throws EmbeddedPostgresError naming the owner, when that is alive.
 */
export async function takeOwnership(place: Place, version: string | undefined): Promise<Ownership> {
  const lock = await lockFile(join(place.home, ownerLockName), place.account, lastMomentsMs.owner);
  if (lock.kind === 'held') throw refusal(place, await introduced(place));
  const owner: Owner = { ...ownIdentity(), host: hostname(), since: sinceNow(), ...(version && { version }) };
  const text = JSON.stringify(owner);
  const release = async (): Promise<void> => {
    if ((await readOwner(place)).text === text) await rm(join(place.home, ownerFileName), { force: true });
    await unlock(lock);
  };
  try {
    if (readPostmaster(place) === undefined) await refuseHiddenServer(place);
    await claim(place, text, lock.kind === 'taken' && (await locksHoldForAll(place.home)));
    const heartbeat = await startHeartbeat(place);
    return {
      heartbeat,
      async lostTo() {
        const found = await readOwner(place);
        return found.text === text ? undefined : found.owner;
      },
      async release() {
        await heartbeat.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Whoever holds the lock. The record of one that is gone is not its own. */
async function introduced(place: Place): Promise<Owner | undefined> {
  for (let n = 0; n < introduction.tries; n += 1) {
    const { owner } = await readOwner(place);
    if (owner !== undefined && (!isOfThisSpace(owner) || isAlive(owner))) return owner;
    await sleep(introduction.everyMs);
  }
  return undefined;
}

/** A server that lives on without its owner is adopted, but one in another container can be neither seen nor reached. */
async function refuseHiddenServer(place: Place): Promise<void> {
  const lock = await lockServer(place, lastMomentsMs.server);
  await unlock(lock);
  if (lock.kind !== 'held') return;
  const { owner } = await readOwner(place);
  throw new EmbeddedPostgresError(
    `PostgreSQL of ${described(owner)}, which is gone, still runs with the data directory ${place.dataDir} where this ` +
      'process cannot reach it: end it there, or give this one a DATA_DIR of its own.',
  );
}

/** When this process began to run, by this machine's clock: for people. */
const sinceNow = (): string => new Date().toISOString().replace(/[.]\d+Z$/, 'Z');

async function unlock(lock: Attempt): Promise<void> {
  if (lock.kind === 'taken') await lock.handle.close();
}

async function claim(place: Place, text: string, isSure: boolean): Promise<void> {
  const ownerFile = join(place.home, ownerFileName);
  const mine = `${ownerFile}.${randomUUID()}`;
  await writeFile(mine, text, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < takeoversMax; attempt += 1) {
      if (await linkIfAbsent(mine, ownerFile)) {
        return;
      }
      await refuseOrClear(place, isSure);
    }
  } finally {
    await rm(mine, { force: true });
  }
  throw new EmbeddedPostgresError(
    `Several processes are starting with the data directory ${place.dataDir}: start one of them.`,
  );
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

async function refuseOrClear(place: Place, isSure: boolean): Promise<void> {
  const { owner, text } = await readOwner(place);
  if (owner !== undefined && (await mayLive(owner, place, isSure))) {
    throw refusal(place, owner);
  }
  await clearDeadOwner(join(place.home, ownerFileName), text);
}

/** One that would be found here is looked for even so: builds of before took no lock. */
async function mayLive(owner: Owner, place: Place, isSure: boolean): Promise<boolean> {
  if (isOfThisSpace(owner)) return isAlive(owner);
  return !isSure && (await isBeating(place));
}

/** Whether the owner that a place names lives, wherever it is. */
export async function isOwned(place: Place, owner: Owner): Promise<boolean> {
  if (isOfThisSpace(owner)) return isAlive(owner);
  const lock = await lockFile(join(place.home, ownerLockName), place.account, 0);
  await unlock(lock);
  const isSure = lock.kind === 'taken' && (await locksHoldForAll(place.home));
  return lock.kind === 'held' || (!isSure && (await isBeating(place)));
}

/** In one sentence, since whoever reads it is in a log. */
function refusal({ dataDir }: Pick<Place, 'dataDir'>, owner: Owner | undefined): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${capital(described(owner))} already runs with the data directory ${dataDir}${owner?.since ? `, since ${owner.since}` : ''}: ` +
      'stop it, or give this one a DATA_DIR of its own.',
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Who that is, in the middle of a sentence. */
export function described(owner: Owner | undefined): string {
  if (owner === undefined) return 'another process';
  const where = owner.host === undefined ? '' : ` on ${owner.host}`;
  return `process ${owner.pid}${where}${owner.version === undefined ? '' : ` (version ${owner.version})`}`;
}

/**
 * Two processes may find the same dead owner. Renaming lets one of them have the file; if that was by then a newer
 * claim, it is put back, since deleting it would leave two owners.
 */
async function clearDeadOwner(ownerFile: string, deadText: string): Promise<void> {
  const aside = `${ownerFile}.dead-${randomUUID()}`;
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

/** Who wrote that it owns the place; undefined where nobody did, or not to the end. */
export async function readOwner({ home }: Place): Promise<{ text: string; owner: Owner | undefined }> {
  const text = await readFile(join(home, ownerFileName), 'utf8').catch(() => '');
  try {
    return { text, owner: JSON.parse(text) as Owner };
  } catch {
    return { text, owner: undefined };
  }
}
