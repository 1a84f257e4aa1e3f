import { fileURLToPath } from 'node:url';
import { openRuntime, reducerFingerprint, systemClock } from '#runtime';
import { runtimeLimits } from '#settings';
import { withDatabase, type Database } from '../database/open-database.js';
import { assertMigrated, withLog } from '../database/open-log.js';
import { becomesReady, findServer, type ServerWish } from '../server/find-server.js';
import type { Session } from '../session.js';
import { DatabaseDesk, type DeskParts } from './database-desk.js';
import type { Desk } from './desk.js';
import { ServerDesk } from './server-desk.js';

/** What falls due, and replays that nobody works on, are for servers: this process looks for them once in 24 days. */
const neverMs = 2_147_483_647;
const quiet = { tickMs: neverMs, replayPollMs: neverMs };

const domainFolder = fileURLToPath(new URL('../../../libs/domain', import.meta.url));

/**
 * Works at the desk of the running server; where none runs, at one on the database.
 *
 * @throws Failure `server-unavailable`, `database-unavailable`, `database-not-migrated`, `database-too-new`
 */
export async function withDesk<T>(session: Session, wish: ServerWish, work: (desk: Desk) => Promise<T>): Promise<T> {
  const found = await findServer(session, wish);
  if (found === undefined) {
    return withDatabase(session, (database) =>
      withRuntime(session, database, (parts) =>
        work(new DatabaseDesk({ name: database.name, reason: wish.reason ?? null, ...parts })),
      ),
    );
  }
  await becomesReady(found);
  return work(new ServerDesk(found));
}

/** Works with a runtime of this process on a database of this build. @throws Failure `database-not-migrated`, `database-too-new` */
export async function withRuntime<T>(
  { settings }: Session,
  database: Database,
  work: (parts: Pick<DeskParts, 'log' | 'runtime'>) => Promise<T>,
): Promise<T> {
  await assertMigrated(database);
  const reducer = await reducerFingerprint(domainFolder);
  const processClock = systemClock(settings.clockOffsetMs);
  return withLog(database, async (log) => {
    const runtime = await openRuntime({ ...runtimeLimits(settings), log, reducer, processClock, ...quiet });
    return work({ runtime, log }).finally(() => runtime.drain());
  });
}
