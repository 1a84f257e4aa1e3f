import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { findEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from '#embedded-postgres';

interface Server {
  readonly url: string;
  readonly pid: number;
  readonly dataDirectory: string;
}

let folder: string;
let dataDir: string;
let owners: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seed-embedded-postgres-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
  owners = [];
});

afterEach(async () => {
  owners.forEach((owner) => owner.kill('SIGKILL'));
  const left = await findEmbeddedPostgres(dataDir).catch(() => undefined);
  if (left !== undefined) {
    kill(left.pid, 'SIGQUIT');
    await until(async () => (await findEmbeddedPostgres(dataDir)) === undefined);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

describe('the server', () => {
  test('is a real PostgreSQL 18 with its safety on, for this machine only', async () => {
    const postgres = await startHere();
    const [row] = await query(
      postgres.url,
      `select current_setting('server_version_num')::integer / 10000 as major,
              current_setting('data_checksums') as checksums, current_setting('fsync') as fsync,
              current_setting('full_page_writes') as pages, current_setting('synchronous_commit') as commit,
              current_setting('server_encoding') as encoding, current_setting('listen_addresses') as addresses,
              (select datlocprovider::text from pg_database where datname = current_database()) as provider`,
    );
    await postgres.stop();
    expect(row).toEqual({
      major: 18,
      checksums: 'on',
      fsync: 'on',
      pages: 'on',
      commit: 'on',
      encoding: 'UTF8',
      addresses: '127.0.0.1',
      provider: 'b',
    });
  });

  test('asks for the generated password, which only its user can read', async () => {
    const postgres = await startHere();
    const passwordFile = join(dirname(postgres.dataDirectory), 'password');
    const { mode } = await stat(passwordFile);
    expect(mode & 0o777).toBe(0o600);
    expect(postgres.url).toContain((await readFile(passwordFile, 'utf8')).trim());
    const guess = new URL(postgres.url);
    guess.password = 'guess';
    await expect(query(guess.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    await postgres.stop();
  });

  test('keeps its data, its password and its port over a stop', async () => {
    const first = await startHere();
    await query(first.url, 'create table kept as select 1 as n');
    await first.stop();
    expect(await findEmbeddedPostgres(dataDir)).toBeUndefined();
    const second = await startHere();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
    await second.stop();
  });

  test('is started again when it is killed, and comes back with what was committed', async () => {
    const postgres = await startHere();
    await query(postgres.url, 'create table kept as select 1 as n');
    for (let round = 1; round <= 2; round += 1) {
      const killed = postgres.pid() ?? 0;
      kill(killed, 'SIGKILL');
      await until(async () => postgres.pid() !== killed && (await canConnect(postgres.url)));
      expect(await query(postgres.url, 'select n from kept')).toEqual([{ n: 1 }]);
    }
    await postgres.stop();
    expect(postgres.pid()).toBeUndefined();
  });

  test('that a second process wants gives it one sentence naming the first', async () => {
    const owner = startOwner();
    await owner.up();
    expect(await startOwner().answer()).toEqual({ error: expect.stringMatching(alreadyRuns(owner.pid)) });
  });

  test('is ended at once when another owner has taken its folder over, as while this machine stood still', async () => {
    const said: string[] = [];
    const postgres = await startEmbeddedPostgres({ dataDir, log: (sentence) => said.push(sentence) });
    const pid = postgres.pid() ?? 0;
    const ownerFile = join(dirname(postgres.dataDirectory), 'owner.json');
    await writeFile(ownerFile, JSON.stringify({ pid: 1, startedAtTicks: '1', space: 'elsewhere', host: 'elsewhere' }));
    await until(() => !isRunning(pid));
    expect(said.at(-1)).toBe(
      `PostgreSQL is ended at once, since process 1 on elsewhere has taken over ${dirname(postgres.dataDirectory)}.`,
    );
    await postgres.stop();
    expect(JSON.parse(await readFile(ownerFile, 'utf8'))).toMatchObject({ host: 'elsewhere' });
  });
});

describe('when its owner', () => {
  test('is killed, the server lives on and the next owner adopts it', async () => {
    const first = startOwner();
    const running = await first.up();
    await query(running.url, 'create table kept as select 1 as n');
    await first.kill();
    expect(isRunning(running.pid)).toBe(true);
    expect(await findEmbeddedPostgres(dataDir)).toEqual({ url: running.url, pid: running.pid });

    const adopted = await startHere();
    expect({ url: adopted.url, pid: adopted.pid() }).toEqual({ url: running.url, pid: running.pid });
    expect(await query(adopted.url, 'select n from kept')).toEqual([{ n: 1 }]);
    await adopted.stop();
    expect(await canConnect(running.url)).toBe(false);
  });

  test('is killed together with the server, the next owner starts it', async () => {
    const first = startOwner();
    const running = await first.up();
    await query(running.url, 'create table kept as select 1 as n');
    const connected = new Client({ connectionString: running.url });
    connected.on('error', () => undefined);
    await connected.connect();
    await first.kill();
    kill(running.pid, 'SIGKILL');

    const next = await startHere();
    expect(next.pid()).not.toBe(running.pid);
    expect(await query(next.url, 'select n from kept')).toEqual([{ n: 1 }]);
    await next.stop();
    await connected.end().catch(() => undefined);
  });

  test('gets a Ctrl-C, the server does not', async () => {
    const owner = startOwner();
    const running = await owner.up();
    process.kill(-owner.pid, 'SIGINT');
    await sleep(500);
    expect(await query(running.url, 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  test('is told to end, it stops the server first', async () => {
    const owner = startOwner();
    const running = await owner.up();
    process.kill(owner.pid, 'SIGTERM');
    await until(() => !isRunning(owner.pid));
    expect(await canConnect(running.url)).toBe(false);
  });

  test('is killed while it makes the cluster, the next owner makes it anew', async () => {
    const first = startOwner();
    await until(async () => (await unfinished()).length > 0);
    await first.kill();
    expect(await unfinished()).toHaveLength(1);

    const next = await startHere();
    expect(await query(next.url, 'select 1 as n')).toEqual([{ n: 1 }]);
    expect(await unfinished()).toEqual([]);
    await next.stop();
  });
});

describe('the data', () => {
  test('is kept elsewhere when root gives a DATA_DIR that no other user can enter', async () => {
    await chmod(folder, 0o700);
    const postgres = await startHere();
    const home = dirname(postgres.dataDirectory);
    await postgres.stop();
    try {
      expect(home.startsWith(folder)).toBe(process.getuid?.() !== 0);
      expect(JSON.parse(await readFile(join(dataDir, 'embedded-postgres.json'), 'utf8'))).toEqual({
        home: process.getuid?.() === 0 ? home : 'postgres',
      });
    } finally {
      await rm(home, { recursive: true });
    }
  });

  test('is not kept in a file, nor below one, and the sentence says so', async () => {
    await writeFile(dataDir, '');
    for (const wanted of [dataDir, join(dataDir, 'below')]) {
      await expect(startEmbeddedPostgres({ dataDir: wanted, log: () => undefined })).rejects.toThrow(
        `The data directory ${wanted} cannot be used: ${wanted} is a file, or is below one: give a folder as DATA_DIR.`,
      );
    }
  });

  test('is not kept on a disk that can only be read', async () => {
    await mkdir(dataDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'seed-read-only', dataDir]);
    try {
      await expect(startHere()).rejects.toThrow(/ can only be read: mount it writable, or give another DATA_DIR[.]$/);
    } finally {
      execFileSync('umount', [dataDir]);
    }
  });

  test('is not kept where another user’s folder is, as of a host in a container', async () => {
    await mkdir(dataDir);
    await chown(dataDir, 12_345, 12_345);
    await chmod(dataDir, 0o755);
    // Another user than root, whom the files of this project belong to.
    const owner = startOwner(['unshare', '--user', '--map-user=4321', '--map-group=4321']);
    expect(await owner.answer()).toEqual({
      error: expect.stringMatching(
        /^The data directory .* cannot be used: user id 4321 may not write .*: give it to that user, /,
      ),
    });
  });

  test('that belongs to root is not tried as root', async () => {
    await mkdir(join(dataDir, 'postgres', 'cluster'), { recursive: true });
    await expect(startHere()).rejects.toThrow(
      / belongs to root, as whom PostgreSQL does not run: give it to another user/,
    );
  });

  test('that is gone is never replaced by an empty database', async () => {
    const postgres = await startHere();
    await postgres.stop();
    await rm(dirname(postgres.dataDirectory), { recursive: true });
    await expect(startHere()).rejects.toThrow(/which does not exist: bring that folder back/);
  });
});

function alreadyRuns(pid: number): RegExp {
  const since = '20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
  return new RegExp(
    `^Process ${pid} on ${hostname()} already runs with the data directory ${dataDir}, since ${since}: ` +
      'stop it, or give this one a DATA_DIR of its own[.]$',
  );
}

function startHere(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: () => undefined });
}

function startOwner(within: readonly string[] = []) {
  const script = new URL('owner.js', import.meta.url).pathname;
  const [program = '', ...args] = [...within, process.execPath, script, dataDir];
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  owners.push(child);
  const firstLine = once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line as string) as unknown);
  firstLine.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    answer: () => firstLine,
    up: () => firstLine as Promise<Server>,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function unfinished(): Promise<string[]> {
  const names = await readdir(join(dataDir, 'postgres')).catch(() => []);
  return names.filter((name) => name.startsWith('cluster.unfinished-'));
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function canConnect(url: string): Promise<boolean> {
  return query(url, 'select 1').then(
    () => true,
    () => false,
  );
}

function kill(pid: number, signal: NodeJS.Signals): void {
  if (isRunning(pid)) {
    process.kill(pid, signal);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error('It did not come to that within 10 s.');
    }
    await sleep(20);
  }
}
