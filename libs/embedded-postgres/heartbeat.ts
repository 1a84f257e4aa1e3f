import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Stream } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import { give } from './durable-file.js';
import type { Place } from './place.js';

const fileName = 'heartbeat';

/** The script touches it each second; so many looks without a change, and it has stopped. */
const looks = { most: 24, everyMs: 250 };

const restartMs = 1_000;

/**
 * Touches the file until nobody has the other end of its third descriptor open any more: `cat` ends then. A file that is
 * gone is not made again.
 */
const script = 'cat <&3 >/dev/null & while kill -0 "$!" 2>/dev/null; do touch -c "$0"; sleep 1; done';

/** A file that changes each second for as long as one of the processes lives that the pipe was given to. */
export interface Heartbeat {
  /** For the `stdio` of what has to keep it going, at whatever number there. */
  pipe(): Stream | 'ignore';
  stop(): Promise<void>;
}

/**
 * Shows to other machines that the server of a place may be running: they see neither its processes nor, on some network
 * volumes, its locks. It beats in a process of its own, because the server outlives the one that started it; if that is
 * killed, there is another a second later.
 */
export async function startHeartbeat(place: Place): Promise<Heartbeat> {
  const path = join(place.home, fileName);
  await writeFile(path, '', { mode: 0o600 });
  await give(path, place.account);
  let stopped = false;
  let again: NodeJS.Timeout | undefined;
  const beat = (): ChildProcess =>
    beatOnce(path, place.account).once('exit', () => {
      if (!stopped) again = setTimeout(() => (beating = beat()), restartMs).unref();
    });
  let beating = beat();
  return {
    pipe: () => pipeOf(beating),
    async stop() {
      stopped = true;
      clearTimeout(again);
      await end(beating);
      await rm(path, { force: true });
    },
  };
}

function beatOnce(path: string, { ids }: Account): ChildProcess {
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
  const child = spawn('/bin/sh', ['-c', script, path], { ...ids, cwd: '/', detached: true, stdio: [...stdio] });
  child.on('error', () => undefined).unref();
  const pipe = child.stdio[3];
  pipe?.on('error', () => undefined);
  if (pipe instanceof Socket) pipe.unref();
  return child;
}

function pipeOf({ stdio }: ChildProcess): Stream | 'ignore' {
  const pipe = stdio[3];
  return pipe instanceof Socket && !pipe.destroyed ? pipe : 'ignore';
}

/** With what it started: its group. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

/** Looks for some seconds whether the server of a place shows that it may be running; no two clocks are compared. */
export async function isBeating(place: Place): Promise<boolean> {
  const path = join(place.home, fileName);
  const first = await look(path);
  for (let n = 0; n < looks.most; n += 1) {
    await sleep(looks.everyMs);
    if ((await look(path)) !== first) return true;
  }
  return false;
}

/** Opened each time, because only then a network volume shows what others did. */
async function look(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    return String((await file.stat({ bigint: true })).mtimeNs);
  } finally {
    await file.close();
  }
}
