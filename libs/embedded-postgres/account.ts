import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { EmbeddedPostgresError } from './failure.js';

/** Whom PostgreSQL runs as. `uid` and `gid` are given only where that is not the user this process runs as. */
export interface Account {
  readonly name: string;
  readonly ids: { readonly uid: number; readonly gid: number } | Record<string, never>;
}

/** A dedicated user where the machine has one; `nobody` exists everywhere. */
const unprivilegedNames = ['seed', 'postgres', 'nobody'];

/**
 * The user to run PostgreSQL as: this process's own, unless that is root, as whom PostgreSQL refuses to run. A cluster
 * that exists already keeps its owner, whatever users the machine has been given since.
 */
export async function chooseAccount(clusterFolder: string): Promise<Account> {
  const uid = process.getuid?.();
  const owner = await stat(clusterFolder).catch(() => undefined);
  if (uid !== 0) {
    if (owner !== undefined && owner.uid !== uid) {
      throw new EmbeddedPostgresError(
        `The database in ${clusterFolder} belongs to user id ${owner.uid}, and this process runs as ${nameOf(uid)}: ` +
          'start it as that user or as root.',
      );
    }
    return { name: nameOf(uid), ids: {} };
  }
  if (owner?.uid === 0) {
    throw new EmbeddedPostgresError(
      `The database in ${clusterFolder} belongs to root, as whom PostgreSQL does not run: give it to another user, ` +
        'with all that is in the folder above it.',
    );
  }
  if (owner !== undefined) {
    return { name: `user id ${owner.uid}`, ids: { uid: owner.uid, gid: owner.gid } };
  }
  return findUnprivilegedUser();
}

/** Containers run as users that nobody gave a name to. */
function nameOf(uid: number | undefined): string {
  try {
    return userInfo().username;
  } catch {
    return `user id ${uid}`;
  }
}

async function findUnprivilegedUser(): Promise<Account> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of unprivilegedNames) {
    const [, , uid, gid] = lines.find((fields) => fields[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) > 0) {
      return { name, ids: { uid: Number(uid), gid: Number(gid) } };
    }
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and /etc/passwd has none of the users ${unprivilegedNames.join(', ')}: add one.`,
  );
}

/** Whether the account can enter a folder, tried as that account: mode bits alone would miss access lists and mounts. */
export function canEnter(account: Account, folder: string): boolean {
  return succeedsAs(account, '/bin/sh', ['-c', 'cd "$0"', folder]);
}

/** Whether the account can run a program with the arguments given. */
export function canRun(account: Account, program: string, args: readonly string[]): boolean {
  return succeedsAs(account, program, args);
}

function succeedsAs(account: Account, program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { ...account.ids, cwd: '/', stdio: 'ignore' }).status === 0;
}
