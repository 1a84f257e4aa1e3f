import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '#embedded-postgres';
import { launchServer } from '../../server.js';
import type { Arena } from '../arena.js';
import { Broken, fault } from './fault.js';

const endsWithinMs = 20_000;

export const secondServer = fault({
  name: 'second-server',
  row: 2,
  everySeconds: 60,
  strike: startSecondServer,
});

/** In a container of its own, on the data of the PostgreSQL that all others use: it has to end, and to touch nothing. */
async function startSecondServer(arena: Arena): Promise<boolean> {
  const { disk, project } = arena;
  const server = await launchServer({ contained: true, dataDir: disk.folder, project });
  const how = await Promise.race([server.exited, sleep(endsWithinMs, 'no end', { ref: false })]);
  if (how === 1 && server.logged().some(({ msg }) => msg.includes(' already runs with the data directory ')))
    return true;
  server.kill('SIGKILL');
  await server.exited;
  await startAnew(arena);
  throw new Broken(`a second server on one data directory came to ${how}`);
}

/** The one that others use may be gone, and what it has written. The run goes on, and its checker sees what is lost. */
async function startAnew(arena: Arena): Promise<void> {
  await arena.postgres.stop();
  const postgres = await startEmbeddedPostgres({ dataDir: arena.disk.folder, log: () => undefined });
  for (const { proxy } of arena.members) proxy.repoint(postgres.url);
  arena.moveTo(postgres);
}
