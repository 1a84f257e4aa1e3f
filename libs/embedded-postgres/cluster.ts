import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { syncFolder, writePrivateFile } from './durable-file.js';
import { EmbeddedPostgresError } from './failure.js';
import { exists, type Place } from './place.js';

/** The superuser, and the database that everything lives in. */
export const ownerName = 'seed';

const majorVersion = '18';

/**
 * Makes the cluster if there is none. It is made under another name and renamed when it is complete and on disk, so
 * that a crash half way leaves nothing that looks like a cluster; what it leaves is removed here.
 */
export async function ensureCluster(place: Place, binaries: Binaries, fsync: boolean): Promise<void> {
  await removeUnfinished(place);
  if (await exists(place.cluster)) {
    await checkVersion(place);
    return;
  }
  // Before the cluster that knows it, so that there is never a cluster whose password nobody has.
  await writePrivateFile(place.passwordFile, randomBytes(24).toString('base64url'), place.account);
  const unfinished = `${place.cluster}.unfinished-${randomBytes(6).toString('hex')}`;
  await run(place.account, binaries.initdb, initdbArguments(unfinished, place.passwordFile, fsync));
  await run(
    place.account,
    binaries.postgres,
    ['--single', '-D', unfinished, 'postgres'],
    `create database ${ownerName};`,
  );
  await rename(unfinished, place.cluster);
  await syncFolder(place.home);
}

function initdbArguments(folder: string, passwordFile: string, fsync: boolean): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${ownerName}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--data-checksums',
    '--encoding=UTF8',
    '--no-locale',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(fsync ? [] : ['--no-sync']),
  ];
}

async function removeUnfinished(place: Place): Promise<void> {
  const prefix = `${basename(place.cluster)}.unfinished-`;
  const left = (await readdir(place.home)).filter((name) => name.startsWith(prefix));
  await Promise.all(left.map((name) => rm(join(place.home, name), { recursive: true, force: true, maxRetries: 5 })));
}

async function checkVersion(place: Place): Promise<void> {
  const version = (await readFile(join(place.cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version !== majorVersion) {
    throw new EmbeddedPostgresError(
      `The database in ${place.cluster} was made by PostgreSQL ${version}, and this is PostgreSQL ${majorVersion}.`,
    );
  }
}

async function run(account: Account, program: string, args: readonly string[], input = ''): Promise<void> {
  const child = spawn(program, args, { ...account.ids, cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(input);
  const ended = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  });
  if (ended !== '') {
    throw new EmbeddedPostgresError(
      `${basename(program)} ${ended}: ${output.trim().split('\n').slice(-5).join(' / ')}`,
    );
  }
}
