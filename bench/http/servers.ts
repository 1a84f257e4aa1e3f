import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startServer, stopServers, type RunningServer } from '../../test/server.js';
import type { Bench } from '../bench.js';

/** The built server as a process of its own, ready, on a database that has been filled. */
export async function openServer(
  bench: Bench,
  { databaseUrl, env = {} }: { readonly databaseUrl: string; readonly env?: Readonly<Record<string, string>> },
): Promise<RunningServer> {
  bench.atEnd(stopServers);
  const server = await startServer({ databaseUrl, env });
  await server.ready();
  return server;
}

/** The yardstick of HTTP as a process of its own; resolves with its address. */
export async function openIdleServer(bench: Bench): Promise<string> {
  const loader = new URL('../typescript.js', import.meta.url).href;
  const script = fileURLToPath(new URL('idle-server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', loader, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  bench.atEnd(async () => {
    child.kill();
    await exited;
  });
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => {
      throw new Error(`the server that does nothing ended with ${code}`);
    }),
  ])) as [string];
  return url;
}
