import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';

/** A PgBouncer before a database. */
export interface Pooler {
  /** The database's address by way of it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** As whom it runs where the tests are root's, which it refuses to be. */
const nobody = 65_534;
const patienceMs = 15_000;

/** Starts a PgBouncer with the settings that it has by itself, but for its mode. Needs the program `pgbouncer`. */
export async function startPooler(databaseUrl: string, mode: 'session' | 'transaction' | 'statement'): Promise<Pooler> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-pooler-'));
  const port = await freePort();
  const { hostname, port: databasePort, username, password } = new URL(databaseUrl);
  await writeFile(join(folder, 'users.txt'), `"${username}" "${decodeURIComponent(password)}"\n`);
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${databasePort}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${join(folder, 'users.txt')}`,
    `pool_mode = ${mode}`,
  ];
  await writeFile(join(folder, 'pgbouncer.ini'), settings.join('\n'));
  await chmod(folder, 0o755);
  const isRoot = process.getuid?.() === 0;
  const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
    ...(isRoot && { uid: nobody, gid: nobody }),
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const failed = once(child, 'error').then(([error]) => {
    throw new Error('PgBouncer cannot be started: install the package pgbouncer.', { cause: error });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([failed, listens(port, () => said)]);
  } catch (error) {
    await stop();
    throw error;
  }
  failed.catch(() => undefined);
  const url = new URL(databaseUrl);
  url.port = String(port);
  return { url: url.href, stop };
}

async function listens(port: number, said: () => string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await answers(port))) {
    if (performance.now() > deadline) throw new Error(`PgBouncer does not listen:\n${said()}`);
    await sleep(50);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', done(true)).once('error', done(false));
  });
}
