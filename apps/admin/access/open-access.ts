import { migrate } from '#event-log-postgres';
import { withDatabase } from '../database/open-database.js';
import { assertMigrated, withLog } from '../database/open-log.js';
import { becomesReady, findServer, type ServerWish } from '../server/find-server.js';
import type { Session } from '../session.js';
import type { AccessDesk } from './access-desk.js';
import { DatabaseAccess } from './database-access.js';
import { ServerAccess } from './server-access.js';

/** Where, besides which server. */
export interface AccessWish extends ServerWish {
  /** Straight to the database, also where a server runs: for whoever has no key of an admin. */
  readonly database?: boolean;
}

/**
 * Works with the keys of the running server; where none runs, with those of the database.
 *
 * @param bringUp The database is brought up to this build first: the first key is made before the first start.
 * @throws Failure `server-unavailable`, `database-unavailable`, `database-not-migrated`, `database-too-new`
 */
export async function withAccess<T>(
  session: Session,
  wish: AccessWish,
  { bringUp = false, work }: { readonly bringUp?: boolean; readonly work: (desk: AccessDesk) => Promise<T> },
): Promise<T> {
  const server = wish.database === true ? undefined : await findServer(session, wish);
  if (server !== undefined) {
    await becomesReady(server);
    return work(new ServerAccess(server));
  }
  const { accessSecret: secret } = session.settings;
  return withDatabase(session, async (database) => {
    if (bringUp) await migrate(database.adminUrl);
    else await assertMigrated(database);
    return withLog(database, (log) => work(new DatabaseAccess({ log, secret, reason: wish.reason ?? null })));
  });
}
