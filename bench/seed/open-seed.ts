import { fileURLToPath } from 'node:url';
import type { EventLog } from '#event-log';
import { migrate, openPostgresLog } from '#event-log-postgres';
import { openRuntime, reducerFingerprint, type Runtime, type RuntimeOptions } from '#runtime';
import { runtimeLimits, Settings } from '#settings';
import type { Bench } from '../bench.js';

/** The product without HTTP: a runtime over its log. */
export interface Seed {
  readonly url: string;
  readonly log: EventLog;
  readonly runtime: Runtime;
  close(): Promise<void>;
}

/** Computed once: the build of this run is the one that was loaded, whatever is built meanwhile. */
const reducer = await reducerFingerprint(fileURLToPath(new URL('../../dist/libs/domain/', import.meta.url)));

const STATEMENT_MS_MAX = 5_000;
const neverSeconds = 86_400;
const neverEvents = 1_000_000_000;

/** Snapshots are taken when a measurement says so, and not beside it. */
export const WITHOUT_SNAPSHOTS = { snapshotIntervalSeconds: neverSeconds, snapshotEveryEvents: neverEvents } as const;

/** Opens the product on a migrated database, with the settings that it has by default. */
export async function openSeed(url: string, options: Partial<RuntimeOptions> = {}): Promise<Seed> {
  const settings = new Settings();
  const log = await openPostgresLog({
    url,
    poolMax: settings.databasePoolMax,
    applicationName: 'seed bench',
    appendTimeoutMs: STATEMENT_MS_MAX,
  });
  const runtime = await openRuntime({
    ...runtimeLimits(settings),
    log,
    reducer,
    ...options,
  });
  return {
    url,
    log,
    runtime,
    async close() {
      await runtime.drain();
      await log.close();
    },
  };
}

/** The product on a database of its own; both end with the measurement. */
export async function newSeed(bench: Bench, options: Partial<RuntimeOptions> = {}): Promise<Seed> {
  const url = await bench.newDatabase();
  await migrate(url);
  const seed = await openSeed(url, options);
  bench.atEnd(() => seed.close());
  return seed;
}
