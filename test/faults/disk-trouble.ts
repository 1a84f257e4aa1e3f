import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { processesOf } from './processes.js';

/** What the disk does to PostgreSQL when it is to make something durable. */
export type Trouble =
  | { readonly kind: 'slow'; readonly delayMs: number }
  /**
   * Every attempt fails: PostgreSQL cannot know what became of what it wrote, panics, and recovers from its log. Then the
   * disk is well again, or that fails too.
   */
  | { readonly kind: 'failing'; readonly recoveryToo: boolean };

/** Trouble that lasts until it is ended. */
export interface DiskTrouble {
  /** Ends it and tells how many calls met it. */
  end(): Promise<number>;
}

const calls = 'fsync,fdatasync';

/** Lets the disk make trouble for the processes of a server of PostgreSQL. */
export async function troubleDisk(postmaster: number, trouble: Trouble): Promise<DiskTrouble> {
  const output = join(tmpdir(), `seed-strace-${randomUUID()}`);
  const injected = trouble.kind === 'slow' ? `delay_enter=${trouble.delayMs * 1_000}` : 'error=EIO';
  const follows = trouble.kind === 'slow' || trouble.recoveryToo;
  const pids = [...(follows ? [postmaster] : []), ...(await processesOf(postmaster))];
  const attached = [...(follows ? ['-f'] : []), ...pids.flatMap((pid) => ['-p', String(pid)])];
  const strace = spawn(
    'strace',
    ['-o', output, '-e', `trace=${calls}`, '-e', `inject=${calls}:${injected}`, ...attached],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(strace, 'exit').then(
    () => 'it ended',
    (error: unknown) => String(error),
  );
  const attachedToAll = new Promise<void>((resolve) => {
    createInterface(strace.stderr).on('line', (line) => {
      if (line.includes('attached')) resolve();
    });
  });
  const early = await Promise.race([attachedToAll.then(() => null), ended]);
  if (early !== null) {
    await rm(output, { force: true });
    throw new Error(`A slow or failing disk takes strace, which must be allowed to trace: ${early}.`);
  }
  return {
    async end() {
      strace.kill('SIGTERM');
      await ended;
      const text = await readFile(output, 'utf8').catch(() => '');
      await rm(output, { force: true });
      return text.split('\n').filter((line) => /\((?:INJECTED|DELAYED)\)/.test(line)).length;
    },
  };
}
