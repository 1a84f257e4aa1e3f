import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.js';
import { until } from '../server.js';

const configuration = fileURLToPath(new URL('../../docker/haproxy.cfg', import.meta.url));

/** A real HAProxy before two servers, configured as `docker/haproxy.cfg` tells an operator to. */
export interface LoadBalancer {
  readonly url: string;
  /** Which servers a backend of the configuration counts on, such as `['a', 'b']`. */
  up(backend: 'seed' | 'seed_degraded'): Promise<readonly string[]>;
  /** How many requests each server of the backend `seed` was sent. */
  requests(): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Rejects, and says so, where HAProxy is not installed. */
export async function startLoadBalancer(ports: readonly [number, number]): Promise<LoadBalancer> {
  const [port, statsPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), 'seed-haproxy-'));
  const stats = join(folder, 'stats.cfg');
  await writeFile(stats, `frontend stats\n  bind 127.0.0.1:${statsPort}\n  stats enable\n  stats uri /\n`);
  const [SEED_A, SEED_B] = ports.map((of) => `127.0.0.1:${of}`);
  const child = spawn('haproxy', ['-db', '-f', configuration, '-f', stats], {
    env: { ...process.env, SEED_BIND: `127.0.0.1:${port}`, SEED_A, SEED_B },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (piece: Buffer) => (complaints += piece.toString()));
  const ended = once(child, 'exit').then(
    () => Promise.reject(new Error(`HAProxy ended: ${complaints}`)),
    (cause: unknown) =>
      Promise.reject(new Error('HAProxy cannot be run: install it (apt-get install haproxy).', { cause })),
  );
  ended.catch(() => undefined);
  const rows = async (backend: string): Promise<readonly Record<string, string>[]> =>
    rowsOf(await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text()).filter(
      ({ pxname, svname }) => pxname === backend && svname !== 'BACKEND',
    );
  const listens = until(() =>
    rows('seed').then(
      (found) => found.length > 0,
      () => false,
    ),
  );
  await Promise.race([listens, ended]);
  return {
    url: `http://127.0.0.1:${port}`,
    up: async (backend) =>
      (await rows(backend)).filter(({ status }) => status === 'UP').map(({ svname = '' }) => svname),
    requests: async () => (await rows('seed')).map(({ stot }) => Number(stot)),
    close: async () => {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
}

function rowsOf(csv: string): readonly Record<string, string>[] {
  const [head = '', ...lines] = csv.replace(/^# /, '').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])));
}

/** An answer, or why there was none. */
interface Answer {
  readonly status: number | string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A client with one connection that it keeps, and that sends nothing twice. */
export function startClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: (method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> =>
      new Promise((resolve) => {
        const headers = { 'content-type': 'application/json' };
        const asked = request(url + path, { method, agent, headers }, (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.once('close', () => {
            const { statusCode = 0, headers, complete } = response;
            resolve({ status: complete ? statusCode : 'cut off', headers, text: Buffer.concat(pieces).toString() });
          });
        });
        asked.once('error', (error: NodeJS.ErrnoException) => {
          resolve({ status: error.code ?? error.message, headers: {}, text: '' });
        });
        asked.end(body && JSON.stringify(body));
      }),
    close: () => {
      agent.destroy();
    },
  };
}

/** Clients that change and read timelines, each its own, until they are told to stop. */
export function startBalancedLoad(url: string, timelines: readonly string[]) {
  const acknowledged: { timeline: string; agentId: string }[] = [];
  const failed: Answer[] = [];
  let stopped = false;
  const run = async (timeline: string): Promise<void> => {
    const client = startClient(url);
    for (let n = 0; !stopped; n += 1) {
      const agentId = `load-${n}`;
      const path = `/v1/timelines/${timeline}`;
      const made = await client.ask('POST', `${path}/agents`, { agentId, deposit: '1' });
      if (made.status === 201) acknowledged.push({ timeline, agentId });
      else failed.push(made);
      const read = await client.ask('GET', path);
      if (read.status !== 200) failed.push(read);
      await sleep(20);
    }
    client.close();
  };
  const done = Promise.all(timelines.map(run));
  return {
    async stop() {
      stopped = true;
      await done;
      return { acknowledged, failed };
    },
  };
}
