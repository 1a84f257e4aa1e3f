import { createHash } from 'node:crypto';
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
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${pid}-${startedAtTicks}-${spaceName()}-`));
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

/** Short, and without what a file's name cannot have. */
function spaceName(): string {
  return createHash('sha256').update(ownIdentity().space).digest('hex').slice(0, 8);
}

/** Those alone whose processes would be found here: several containers may share the folder. */
async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const [pid, startedAtTicks = '', space] = name.slice(prefix.length).split('-');
    if (space === spaceName() && !isAlive({ pid: Number(pid), startedAtTicks })) {
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
