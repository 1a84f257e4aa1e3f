import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPlace } from './place.js';
import { stopPostmaster } from './postmaster.js';
import { isAlive, ownIdentity } from './process-identity.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start.js';

const prefix = 'seed-throwaway-postgres-';

/**
 * A real server on an empty cluster in the temporary folder, for tests and measurements; `stop` removes its files. What
 * a process that was killed left running is stopped and removed at the next call.
 *
 * @param options.fsync Default false, since nothing in it is to survive the machine; true to measure or to test durability.
 */
export async function startThrowawayPostgres(options: { readonly fsync?: boolean } = {}): Promise<EmbeddedPostgres> {
  await removeAbandoned();
  const { pid, startedAtTicks } = ownIdentity();
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${pid}-${startedAtTicks}-`));
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({
    dataDir: folder,
    log: () => undefined,
    fsync: options.fsync ?? false,
  });
  return {
    ...postgres,
    async stop() {
      await postgres.stop();
      await remove(folder);
    },
  };
}

async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const [pid, startedAtTicks = ''] = name.slice(prefix.length).split('-');
    if (!isAlive({ pid: Number(pid), startedAtTicks })) {
      await remove(join(tmpdir(), name)).catch(() => undefined);
    }
  }
}

async function remove(folder: string): Promise<void> {
  const place = await findPlace(folder);
  if (place !== undefined) {
    await stopPostmaster(place);
    await rm(place.home, { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
}
