import { fileURLToPath } from 'node:url';
import { readSettings } from '#settings';
import type { Terminal } from './progress.js';
import { runSeed } from './seed.js';

// From dist/apps/admin.
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

const stopping = new AbortController();

/** A server that was started for a command is stopped with it, so the first Ctrl-C waits; the second ends at once. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write('Finishing what is under way; once more ends it at once.\n');
    stopping.abort();
  });
}

/** Nothing is coloured, so NO_COLOR has nothing to turn off. */
const terminal: Terminal = {
  get columns() {
    return process.stderr.columns;
  },
  write: (text) => void process.stderr.write(text),
};

/** A reader that went away is told to whoever writes, not to everybody. */
process.stdout.on('error', () => undefined);

const outBytes = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

process.exitCode = await runSeed(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  outBytes: process.stdout.isTTY ? undefined : outBytes,
  err: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY ? terminal : undefined,
  readSettings: () => readSettings(projectFolder),
  projectFolder,
  workingFolder: process.cwd(),
  stopping: stopping.signal,
});
