import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { writePrivateFile } from './durable-file.js';
import { EmbeddedPostgresError } from './failure.js';
import { lockFile, type Attempt } from './file-lock.js';
import type { Heartbeat } from './heartbeat.js';
import type { Place } from './place.js';
import { isRunning, worksIn } from './process-identity.js';

/** The only address the server listens on. */
export const host = '127.0.0.1';

const pollMs = 20;
const fastShutdownMsMax = 30_000;
const startAttemptsMax = 5;
const betweenStartsMs = 300;
const lockWaitMs = 2_000;

/** The server process as PostgreSQL's own postmaster.pid describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** PostgreSQL's words: starting, ready, stopping, standby. */
  readonly status: string;
}

/** What a server is started with; one that was found running keeps what it has. */
export interface Tuning {
  readonly fsync: boolean;
  readonly connectionsMax: number;
  /** What it keeps going as long as one of its processes lives. */
  readonly heartbeat: Heartbeat;
}

interface StartOptions extends Tuning {
  readonly port: number;
}

/** A server that is on its way. */
interface SpawnedServer {
  readonly pid: number | undefined;
  hasEnded(): boolean;
}

/**
 * Locks what every process of the server holds as long as it lives, by inheriting it. So the lock is had only where none of
 * them is left on any cluster of the place, seen or not.
 */
export function lockServer(place: Place, waitMs: number): Promise<Attempt> {
  return lockFile(join(place.home, 'server.lock'), place.account, waitMs);
}

/** The live server of a cluster, or undefined. A postmaster.pid that a killed server left behind is not one. */
export function readPostmaster(place: Place): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(place.cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !worksIn(pid, place.cluster)) {
    return undefined;
  }
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? 'starting').trim() };
}

/** The port used last, if nothing else has taken it since; else a free one, which is remembered. */
async function choosePort(place: Place): Promise<number> {
  const remembered = Number(await readFile(place.portFile, 'utf8').catch(() => '0'));
  if (remembered > 0 && (await listensOn(remembered)) !== undefined) {
    return remembered;
  }
  const port = await listensOn(0);
  if (port === undefined) {
    throw new EmbeddedPostgresError(`No port is free on ${host} for PostgreSQL.`);
  }
  await writePrivateFile(place.portFile, String(port), place.account);
  return port;
}

/**
 * Starts a server on whichever port is free, and waits until it accepts connections. It tries again, because somebody
 * else may take the port between its choice and its use, and because backends of a server that was killed live on for a
 * moment, during which a new one refuses to start.
 */
export async function startOnFreePort(place: Place, binaries: Binaries, tuning: Tuning): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startPostmaster(place, binaries, { port: await choosePort(place), ...tuning });
    } catch (error) {
      if (attempt === startAttemptsMax) {
        throw error;
      }
      await sleep(betweenStartsMs);
    }
  }
}

/**
 * Starts a server in a session of its own, so that a Ctrl-C meant for us does not reach it, and waits until it accepts
 * connections. Recovery after a crash may take long, so only the end of the process ends the wait.
 *
 * @throws EmbeddedPostgresError with the last lines of its log when it ends instead.
 */
export async function startPostmaster(place: Place, binaries: Binaries, options: StartOptions): Promise<Postmaster> {
  const child = await spawnLocked(place, binaries, options);
  for (;;) {
    const found = readPostmaster(place);
    if (found !== undefined && found.pid === child.pid && found.status === 'ready') {
      return found;
    }
    if (child.hasEnded()) {
      throw new EmbeddedPostgresError(`PostgreSQL did not start: ${await lastLogLines(place)}`);
    }
    await sleep(pollMs);
  }
}

/** Its lock is let go of here, so that it has it alone. */
async function spawnLocked(place: Place, binaries: Binaries, options: StartOptions): Promise<SpawnedServer> {
  const lock = await lockServer(place, lockWaitMs);
  if (lock.kind === 'held') {
    throw new EmbeddedPostgresError('Processes of the PostgreSQL that ran before have not ended yet.');
  }
  try {
    await removeForeignPidFile(place);
    return spawnServer(place, binaries, { ...options, lock: lock.kind === 'taken' ? lock.handle.fd : 'ignore' });
  } finally {
    if (lock.kind === 'taken') await lock.handle.close();
  }
}

/** Its end is listened for in the same turn, since it may come in the next. */
function spawnServer(
  { cluster, home, logFile, account }: Place,
  { postgres }: Binaries,
  options: StartOptions & { readonly lock: number | 'ignore' },
): SpawnedServer {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(postgres, ['-D', cluster, ...settings(options)], {
      ...account.ids,
      cwd: home,
      detached: true,
      env: {},
      stdio: ['ignore', log, log, options.heartbeat.pipe(), options.lock],
    });
    let ended = false;
    child.once('error', () => (ended = true));
    child.once('exit', () => (ended = true));
    child.unref();
    return { pid: child.pid, hasEnded: () => ended };
  } finally {
    closeSync(log);
  }
}

/** Waits until a server that is on its way has come up or gone; undefined when it has gone. */
export async function settle(place: Place): Promise<Postmaster | undefined> {
  for (;;) {
    const found = readPostmaster(place);
    if (found === undefined || found.status === 'ready') {
      return found;
    }
    await sleep(pollMs);
  }
}

/** Stops the server: fast, which rolls back what is open and writes a checkpoint; at once if that takes too long. */
export async function stopPostmaster(place: Place): Promise<void> {
  const found = readPostmaster(place);
  if (found === undefined) {
    return;
  }
  send(found.pid, 'SIGINT');
  if (!(await endsWithin(fastShutdownMsMax, found.pid, place))) {
    send(found.pid, 'SIGQUIT');
    await endsWithin(Infinity, found.pid, place);
  }
}

/** Watches the process and not its postmaster.pid, which it removes a moment before it ends. */
async function endsWithin(waitMs: number, pid: number, place: Place): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (worksIn(pid, place.cluster)) {
    if (performance.now() > deadline) {
      return false;
    }
    await sleep(pollMs);
  }
  return true;
}

function settings({ port, fsync, connectionsMax }: Omit<StartOptions, 'heartbeat'>): string[] {
  const values = {
    listen_addresses: host,
    port,
    unix_socket_directories: '',
    max_connections: connectionsMax,
    password_encryption: 'scram-sha-256',
    fsync: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    synchronous_commit: 'on',
    max_wal_size: '2GB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_min_messages: 'warning',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * PostgreSQL refuses to start when the number in its old postmaster.pid belongs to any live process of its user. Where
 * that process is known not to be the cluster's server, the file is only in the way.
 */
async function removeForeignPidFile(place: Place): Promise<void> {
  const pidFile = join(place.cluster, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (pid > 0 && isRunning(pid) && !worksIn(pid, place.cluster)) {
    await rm(pidFile, { force: true });
  }
}

/** Sends a signal to a server that may have ended meanwhile. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

async function lastLogLines(place: Place): Promise<string> {
  const text = await readFile(place.logFile, 'utf8').catch(() => '');
  return `${text.trim().split('\n').slice(-4).join(' / ')} (see ${place.logFile})`;
}

/** The port that could be listened on, or undefined if somebody else does. */
function listensOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
