import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { processesOf } from '../faults/processes.js';
import { missing, startLoad } from '../process/requests.js';
import { container, startServer, stopServers, temporaryDataDir, until } from '../server.js';

// What runs in one container sees no process of another, and all they share is the folder of the data.

let ended: (() => unknown)[] = [];

beforeAll(() => {
  if (process.getuid?.() !== 0) throw new Error('Namespaces as of containers take root: run this as root.');
});

afterEach(async () => {
  for (const end of ended) await end();
  ended = [];
  await stopServers();
});

test('a second server on the folder of one in another container ends and says whose it is; nothing is lost', async () => {
  const first = await startServer({ contained: true });
  await first.ready();
  const dataDir = first.dataDir ?? '';
  const load = startLoad(first.url, 4);
  await until(() => load.acknowledged() > 20);
  const second = await startServer({ contained: true, dataDir });
  const secondLoad = second.ready().then(
    () => startLoad(second.url, 1),
    () => undefined,
  );
  expect(await Promise.race([second.exited, secondLoad.then(() => 'ready')])).toBe(1);
  expect(second.logged().at(-1)?.msg).toMatch(refusal({ dataDir, pid: 1, version: ' [(]version [0-9.]+[)]' }));
  const before = load.acknowledged();
  await until(() => load.acknowledged() > before + 20);
  const { acknowledged, statuses } = await load.stop();
  expect([...statuses.keys()]).toEqual([201]);
  expect(await missing(first.url, acknowledged)).toEqual([]);

  first.kill('SIGKILL');
  await first.exited;
  const next = await startServer({ contained: true, dataDir });
  await next.ready();
  expect(await missing(next.url, acknowledged)).toEqual([]);
  const proof = await fetch(`${next.url}/v1/admin/verify/REALITY`);
  expect(await proof.json()).toMatchObject({ valid: true });
}, 120_000);

describe.each([
  { volume: 'a volume of this machine', locks: true },
  { volume: 'a volume whose locks hold on one machine alone', locks: false },
])('on $volume', ({ locks }) => {
  test('a folder is refused while PostgreSQL lives on in another container without its owner, and free after that', async () => {
    const env = locks ? process.env : { ...process.env, PATH: await withoutLocks() };
    const dataDir = await temporaryDataDir();
    const first = startOwner(dataDir, env);
    expect(await first.answer).toMatchObject({ pid: expect.any(Number) });
    await first.killOwner();
    const { error } = (await startOwner(dataDir, env).answer) as { error: string };
    expect(error).toMatch(
      locks ? /^PostgreSQL of process 2 on .*, which is gone, still runs / : refusal({ dataDir, pid: 2 }),
    );
    await first.kill();
    expect(await startOwner(dataDir, env).answer).toMatchObject({ pid: expect.any(Number) });
  });
});

function refusal({ dataDir, pid, version = '' }: { dataDir: string; pid: number; version?: string }): RegExp {
  return new RegExp(
    `^Process ${pid} on ${hostname()}${version} already runs with the data directory ${dataDir}, since 20[0-9TZ:-]+: ` +
      'stop it, or give this one a DATA_DIR of its own[.]$',
  );
}

/** A PATH on which nothing can lock a file, as it is for a network volume that does not tell other machines. */
async function withoutLocks(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-programs-'));
  ended.push(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  for (const program of ['cat', 'sleep', 'touch']) await symlink(`/bin/${program}`, join(folder, program));
  return folder;
}

/** The owner of a folder as process 2 of a container, whose process 1 does nothing and stays. */
function startOwner(dataDir: string, env: NodeJS.ProcessEnv) {
  const owner = new URL('../start/owner.js', import.meta.url).pathname;
  const init = ['/bin/sh', '-c', '"$@" & wait; exec /bin/sleep 60', 'init', process.execPath, owner, dataDir];
  const [program, ...args] = [...container, ...init];
  const child = spawn(`/usr/bin/${program}`, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  ended.push(() => endOf(child));
  return {
    answer: once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line as string) as unknown),
    async killOwner() {
      const [first = 0] = await processesOf(child.pid ?? 0);
      const [second = 0] = await processesOf(first);
      process.kill(second, 'SIGKILL');
      await until(async () => !(await processesOf(first)).includes(second));
    },
    kill: () => endOf(child),
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
