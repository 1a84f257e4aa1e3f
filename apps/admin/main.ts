import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { envFileWarnings, readSettings, settingOrigins } from '#settings';
import type { Terminal } from './progress.js';
import { runSeed } from './seed.js';

// From dist/apps/admin.
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));
const { stdin, stdout, stderr } = process;

const stopping = new AbortController();

/** A server that was started for a command is stopped with it, so the first Ctrl-C waits; the second ends at once. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stderr.write('Finishing what is under way; once more ends it at once.\n');
    stopping.abort();
  });
}

/** Nothing is coloured, so NO_COLOR has nothing to turn off. */
const terminal: Terminal = {
  get columns() {
    return stderr.columns;
  },
  write: (text) => void stderr.write(text),
};

/** Whoever read standard output, such as `head`, has had enough: what is under way comes to its end. */
stdout.on('error', () => {
  stopping.abort();
});

/** A terminal that was closed takes no lines; what is under way goes on to its end without them. */
stderr.on('error', () => undefined);

const outBytes = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

process.exitCode = await runSeed(process.argv.slice(2), {
  out: (text) => void stdout.write(text),
  outBytes: stdout.isTTY ? undefined : outBytes,
  err: (text) => void stderr.write(text),
  drained: async () => {
    if (stdout.writable && stdout.writableNeedDrain) await once(stdout, 'drain').catch(() => undefined);
  },
  terminal: stderr.isTTY ? terminal : undefined,
  ...(stdin.isTTY && stderr.isTTY && { ask }),
  readSettings: () => {
    for (const sentence of envFileWarnings(projectFolder)) stderr.write(`${sentence}\n`);
    return readSettings(projectFolder);
  },
  settingOrigins: () => settingOrigins(projectFolder),
  projectFolder,
  workingFolder: process.cwd(),
  stopping: stopping.signal,
});

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return await terminal.question(question, { signal: stopping.signal });
  } finally {
    terminal.close();
  }
}
