import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findEmbeddedPostgres } from '#embedded-postgres';
import { Settings, variableOf } from '#settings';

const root = fileURLToPath(new URL('..', import.meta.url));
const readyWaitMs = 90_000;

/** What a command is given to, to run as in a container. */
export const container = ['unshare', '--pid', '--ipc', '--fork', '--mount-proc', '--kill-child=SIGKILL'] as const;

export interface ServerOptions {
  /** An external PostgreSQL, as of `createTestDatabase`. Without it the server embeds one, in `dataDir`. */
  readonly databaseUrl?: string;
  /** Default: a temporary folder, removed by `stopServers`. */
  readonly dataDir?: string;
  /** Processes that serve. Default 1. */
  readonly workers?: number;
  /** Default: any that is free. */
  readonly port?: number;
  /** The folder of the built project whose server it is. Default: this one. */
  readonly project?: string;
  /** In process and IPC namespaces of its own, as in a container; this takes root. All of it ends with the server. */
  readonly contained?: boolean;
  /** More variables of the environment; they win over all the above. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A line of the server's log, as pino writes it. */
interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A server process that may or may not come up. */
export interface LaunchedServer {
  readonly pid: number;
  /** Where its embedded PostgreSQL keeps its data, if it has one. */
  readonly dataDir: string | undefined;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** The address it said it listens on; rejects if it ended before. */
  readonly listening: Promise<string>;
  /** What it has logged so far. */
  logged(): readonly LogLine[];
  /** All that it wrote, for the message of a test that failed. */
  output(): string;
}

/** A server process whose port is open. */
export interface RunningServer extends LaunchedServer {
  /** Such as `http://127.0.0.1:43210`. */
  readonly url: string;
  /** Waits until it is ready: migrated, folded, the database at hand. */
  ready(): Promise<void>;
}

const launched = new Map<ChildProcess, string | undefined>();
const folders = new Set<string>();

/** Starts the built server as a process of its own and waits until its port is open, which is long before it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await launchServer(options);
  const url = await server.listening;
  return { ...server, url, ready: () => becomesReady(url, server) };
}

/** Starts the built server as a process of its own and waits for nothing. */
export async function launchServer(options: ServerOptions = {}): Promise<LaunchedServer> {
  const dataDir = options.databaseUrl === undefined ? (options.dataDir ?? (await temporaryDataDir())) : undefined;
  const [program, ...args] = [
    ...(options.contained === true ? container : []),
    process.execPath,
    '--enable-source-maps',
    join(options.project ?? root, 'dist/apps/api/main.js'),
  ];
  const child = spawn(program, args, {
    cwd: tmpdir(),
    env: environmentOf(options, dataDir),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  launched.set(child, dataDir);
  const lines: string[] = [];
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const output = (): string => lines.join('\n');
  const listening = new Promise<string>((resolve, reject) => {
    const note = (line: string): void => {
      lines.push(line);
      const url = parse(line)?.['url'];
      if (typeof url === 'string') resolve(url);
    };
    createInterface(child.stdout).on('line', note);
    createInterface(child.stderr).on('line', note);
    void exited.then((how) => reject(new Error(`The server ended with ${how} before it listened:\n${output()}`)));
  });
  listening.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    dataDir,
    kill: (signal) => void child.kill(signal),
    exited,
    listening,
    logged: () => lines.flatMap((line) => parse(line) ?? []),
    output,
  };
}

/** Ends what `startServer` started in this file, PostgreSQL too, and removes its data: for `afterEach` or `afterAll`. */
export async function stopServers(): Promise<void> {
  const all = [...launched.keys()];
  launched.clear();
  await Promise.all(
    all.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
  await Promise.all([...folders].map(removeDataDir));
  folders.clear();
}

/** An empty DATA_DIR that PostgreSQL can enter whoever runs the tests; `stopServers` removes it. */
export async function temporaryDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-server-'));
  await chmod(folder, 0o755);
  folders.add(folder);
  return folder;
}

/** Waits until something holds, looking often; rejects after `waitMs`. */
export async function until(holds: () => boolean | Promise<boolean>, waitMs = readyWaitMs): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`It did not come to that within ${waitMs} ms.`);
    await sleep(20);
  }
}

async function becomesReady(url: string, server: LaunchedServer): Promise<void> {
  const ended = server.exited.then((how) => {
    throw new Error(`The server ended with ${how}:\n${server.output()}`);
  });
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/health/ready`).then(
      (response) => response.body?.cancel().then(() => response.ok) ?? response.ok,
      () => false,
    );
  await Promise.race([ended, until(isReady)]).catch((cause: unknown) => {
    throw new Error(`The server did not become ready:\n${server.output()}`, { cause });
  });
}

/** Every setting is given or empty, so that neither this process's environment nor a file `.env` changes a test. */
function environmentOf(options: ServerOptions, dataDir: string | undefined): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  const unset = Object.keys(new Settings()).map((setting) => [variableOf(setting), '']);
  return {
    PATH,
    HOME,
    ...(Object.fromEntries(unset) as Record<string, string>),
    PORT: String(options.port ?? 0),
    WORKERS: String(options.workers ?? 1),
    DATABASE_URL: options.databaseUrl ?? '',
    DATA_DIR: dataDir ?? '',
    ...options.env,
  };
}

async function removeDataDir(folder: string): Promise<void> {
  const postgres = await findEmbeddedPostgres(folder).catch(() => undefined);
  if (postgres !== undefined) {
    process.kill(postgres.pid, 'SIGQUIT');
    await until(async () => (await findEmbeddedPostgres(folder)) === undefined);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function parse(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'msg' in value ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
