import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { EmbeddedPostgres } from '#embedded-postgres';
import { freePort } from '../free-port.js';

const run = promisify(execFile);
const name = 'seed_standby';

/** A second server that has all that the first one has acknowledged, and can take its place. */
export interface Standby extends Pick<EmbeddedPostgres, 'url' | 'dataDirectory' | 'pid' | 'stop'> {
  /** Makes it the primary; resolves when it takes commits. The first one must be gone. */
  promote(): Promise<void>;
}

/**
 * Copies a server that is being written to and lets the copy stream what comes, until every commit of the first one waits
 * for it. The copy is made as a base backup is, by hand: the embedded PostgreSQL comes without pg_basebackup.
 */
export async function openStandby(primary: Pick<EmbeddedPostgres, 'url' | 'dataDirectory' | 'pid'>): Promise<Standby> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-standby-'));
  await chmod(folder, 0o755);
  const cluster = join(folder, 'cluster');
  const port = await freePort();
  await backUp(primary, cluster);
  const server = await start(primary, { cluster, port, logFile: join(folder, 'postgres.log') });
  const url = new URL(primary.url);
  url.port = String(port);
  const standby: Standby = {
    url: url.href,
    dataDirectory: cluster,
    pid: () => (server.exitCode === null && server.signalCode === null ? server.pid : undefined),
    async promote() {
      await ask(url.href, 'select pg_promote(true, 30)');
    },
    async stop() {
      const ended = once(server, 'exit');
      if (server.kill('SIGQUIT')) await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await ask(primary.url, `alter system set synchronous_standby_names = '${name}'`);
    await ask(primary.url, 'select pg_reload_conf()');
    await becomesSynchronous(primary.url);
  } catch (cause) {
    const log = await readFile(join(folder, 'postgres.log'), 'utf8').catch(() => '');
    await standby.stop();
    throw new Error(`the standby did not become synchronous: ${log.slice(-2_000)}`, { cause });
  }
  return standby;
}

/** The folder of a server, as it was at some moment of the copying once its log from then on is read. */
async function backUp({ url, dataDirectory }: Pick<EmbeddedPostgres, 'url' | 'dataDirectory'>, to: string) {
  const client = await connect(url);
  try {
    await client.query(`select pg_create_physical_replication_slot('${name}', true)`);
    await client.query("select pg_backup_start('standby', true)");
    // What vanishes while it is copied is made anew from the log.
    await run('cp', ['-a', dataDirectory, to]).catch(() => undefined);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await writeFile(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  await rm(join(to, 'postmaster.pid'), { force: true });
  for (const emptied of ['pg_replslot', 'pg_wal']) {
    for (const entry of await readdir(join(to, emptied), { withFileTypes: true })) {
      if (emptied === 'pg_wal' && entry.isDirectory()) continue;
      await rm(join(to, emptied, entry.name), { recursive: true });
    }
  }
  const { hostname, port, username, password } = new URL(url);
  const origin = `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`;
  await writeFile(
    join(to, 'postgresql.auto.conf'),
    `primary_conninfo = '${origin}'\nprimary_slot_name = '${name}'\nwal_retrieve_retry_interval = '100ms'\n`,
  );
  await writeFile(join(to, 'standby.signal'), '');
  const { uid, gid } = await stat(dataDirectory);
  for (const written of ['backup_label', 'postgresql.auto.conf', 'standby.signal'])
    await chown(join(to, written), uid, gid);
}

/** With the program, the user and the settings that the first one has. */
async function start(
  primary: Pick<EmbeddedPostgres, 'pid' | 'dataDirectory'>,
  { cluster, port, logFile }: { readonly cluster: string; readonly port: number; readonly logFile: string },
) {
  const pid = primary.pid() ?? 0;
  const program = await readlink(`/proc/${pid}/exe`);
  const given = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(1, -1);
  const settings = given.map((each) => {
    if (each === primary.dataDirectory) return cluster;
    return each.startsWith('port=') ? `port=${port}` : each;
  });
  const { uid, gid } = await stat(cluster);
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" >&2', program, ...settings], {
    uid,
    gid,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => void writeFile(logFile, chunk, { flag: 'a' }).catch(() => undefined));
  return child;
}

const patienceMs = 30_000;

async function becomesSynchronous(url: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  const state = `select sync_state from pg_stat_replication where application_name = '${name}'`;
  for (;;) {
    const [row] = await ask<{ sync_state: string }>(url, state);
    if (row?.sync_state === 'sync') return;
    if (performance.now() > deadline) throw new Error(`it is ${row?.sync_state ?? 'not connected'}`);
    await sleep(50);
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function ask<Row>(url: string, statement: string): Promise<readonly Row[]> {
  const client = await connect(url);
  try {
    const { rows } = await client.query(statement);
    return rows as Row[];
  } finally {
    await client.end();
  }
}
