import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readFile, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { canEnter, chooseAccount, type Account } from './account.js';
import { give, writePrivateFile } from './durable-file.js';
import { EmbeddedPostgresError } from './failure.js';

/** Where the server of a DATA_DIR keeps its files, and whom it runs as. */
export interface Place {
  readonly dataDir: string;
  /** Holds everything below, private to the account. */
  readonly home: string;
  /** PostgreSQL's own data directory. */
  readonly cluster: string;
  /** The generated password, mode 0600. */
  readonly passwordFile: string;
  /** The port that was chosen, kept so that a connection string stays good from one start to the next. */
  readonly portFile: string;
  readonly logFile: string;
  readonly account: Account;
}

/** Beyond the reach of a checkout's own permissions, and kept over a reboot, which a temporary folder is not. */
const systemFolder = '/var/lib/seed';
const pointerName = 'embedded-postgres.json';

/**
 * Finds the place of a DATA_DIR, or chooses and makes it. It is a folder inside DATA_DIR, unless PostgreSQL has to run
 * as a user who cannot go there; then it is one below /var/lib/seed. A file in DATA_DIR remembers which.
 */
export async function openPlace(dataDir: string): Promise<Place> {
  await mkdir(dataDir, { recursive: true });
  const folder = await realpath(dataDir);
  const known = await findPlace(folder);
  if (known !== undefined) {
    return known;
  }
  const account = await chooseAccount(join(folder, 'postgres', 'cluster'));
  const inside = canEnter(account, folder);
  const home = inside ? join(folder, 'postgres') : join(systemFolder, `${basename(folder)}-${shortHash(folder)}`);
  if (!inside) {
    await openSystemFolder();
  }
  // Not `recursive`, which tells of a disk that can only be read as of a folder that is not there.
  await mkdir(home, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await give(home, account);
  await writePrivateFile(join(folder, pointerName), JSON.stringify({ home: inside ? 'postgres' : home }), {
    ...account,
    ids: {},
  });
  return placeAt(folder, home, account);
}

/**
 * The place a DATA_DIR points to, or undefined where none was made yet.
 *
 * @throws EmbeddedPostgresError when the place it points to is gone: starting afresh would hide the loss.
 */
export async function findPlace(dataDir: string): Promise<Place | undefined> {
  const pointer = await readPointer(join(dataDir, pointerName));
  if (pointer === undefined) {
    return undefined;
  }
  const folder = await realpath(dataDir);
  const home = resolve(folder, (JSON.parse(pointer) as { home: string }).home);
  if (!(await exists(home))) {
    throw new EmbeddedPostgresError(
      `${join(folder, pointerName)} says that the database is kept in ${home}, which does not exist: ` +
        'bring that folder back, or delete the file to start with an empty database.',
    );
  }
  return placeAt(folder, home, await chooseAccount(join(home, 'cluster')));
}

async function readPointer(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new EmbeddedPostgresError(`${path} cannot be read: start as the user who owns it, or as root.`, { cause });
  }
}

/** The folder for what a checkout's own permissions would hide, made if missing. */
export async function openSystemFolder(): Promise<string> {
  await mkdir(systemFolder, { recursive: true });
  await chmod(systemFolder, 0o755);
  return systemFolder;
}

/** Whether something has that name. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function placeAt(dataDir: string, home: string, account: Account): Place {
  return {
    dataDir,
    home,
    cluster: join(home, 'cluster'),
    passwordFile: join(home, 'password'),
    portFile: join(home, 'port'),
    logFile: join(home, 'postgres.log'),
    account,
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
