import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { loadSettings, Settings, variableOf } from '#settings';
import { runSeed } from '../../apps/admin/seed.js';
import type { Surroundings } from '../../apps/admin/session.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(root, 'test/fixtures');

/** What a command line came to. */
export interface Ran {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON; undefined if it is none. */
  readonly json: ReturnType<typeof JSON.parse>;
}

/** No server is looked for unless PORT is given. */
type Environment = Readonly<Record<string, string>>;

/** Runs a command line in this process, with the settings of this environment alone. */
export async function seed(
  words: readonly string[],
  environment: Environment,
  more: Partial<Surroundings> = {},
): Promise<Ran> {
  const written = { out: '', err: '' };
  const exitCode = await runSeed(words, {
    out: (piece) => (written.out += piece),
    err: (piece) => (written.err += piece),
    readSettings: () => loadSettings({ PORT: '0', ...environment }),
    projectFolder: root,
    workingFolder: root,
    ...more,
  });
  return { exitCode, ...written, json: parsed(written.out) };
}

/** Starts the built command line as a process of its own; with `diskIsFull` it can make files, and write nothing into them. */
export function startSeed(
  words: readonly string[],
  environment: Environment,
  { diskIsFull = false }: { readonly diskIsFull?: boolean } = {},
) {
  const { PATH = '', HOME = '' } = process.env;
  const unset = Object.fromEntries(Object.keys(new Settings()).map((setting) => [variableOf(setting), '']));
  const line = [process.execPath, join(root, 'dist/apps/admin/main.js'), ...words];
  const [file = '', ...args] = diskIsFull ? ['sh', '-c', 'ulimit -f 0; exec "$0" "$@"', ...line] : line;
  const child = spawn(file, args, {
    cwd: tmpdir(),
    env: { PATH, HOME, ...unset, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([out, err, [exitCode]]): Ran => ({ exitCode, out, err, json: parsed(out) }),
  );
  return { child, ran };
}

/** Runs the built command line as a process of its own. */
export const seedProcess = (words: readonly string[], environment: Environment): Promise<Ran> =>
  startSeed(words, environment).ran;

/** When the old system of `legacyFolder` last paid, rounded up to the ms. */
export const LAST_PAYOUT_MS = 1_600_000_000_734;

const folders = new Set<string>();

/**
 * The fixture in a temporary folder, its dates moved so that a test means the same on any day: the last payout is in 2020,
 * 16 markets expired then, and 24 never will. Files of `test/fixtures/legacy-broken/<broken>` lie over it.
 */
export async function legacyFolder({ broken }: { readonly broken?: string } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-legacy-'));
  folders.add(folder);
  await cp(join(fixtures, 'legacy-state'), folder, { recursive: true });
  await edit(join(folder, 'economy_state.json'), (economy) => economy.replace('1795383740.', '1600000000.'));
  await edit(join(folder, 'markets.json'), (markets) =>
    markets
      .replaceAll('"expires_at": "2026-11-23', '"expires_at": "2020-11-23')
      .replaceAll('"expires_at": "2026-', '"expires_at": "2999-'),
  );
  if (broken !== undefined) await cp(join(fixtures, 'legacy-broken', broken), folder, { recursive: true });
  return folder;
}

/** Removes what `legacyFolder` made: for `afterAll`. */
export async function removeLegacyFolders(): Promise<void> {
  await Promise.all([...folders].map((folder) => rm(folder, { recursive: true })));
  folders.clear();
}

export async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

function parsed(out: string): unknown {
  try {
    return JSON.parse(out) as unknown;
  } catch {
    return undefined;
  }
}
