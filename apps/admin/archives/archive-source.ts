import { TimelineNotInLog, writeArchive, type ArchiveSource } from '#archives';
import { withDatabase } from '../database/open-database.js';
import { assertMigrated, withLog } from '../database/open-log.js';
import { refused } from '../failure.js';
import { findServer, type ServerWish } from '../server/find-server.js';
import type { Session } from '../session.js';
import { downloadArchive } from './over-http.js';

/** Which archive, and of which server. */
export interface ArchiveWish extends ServerWish {
  /** With its ancestry; absent: all timelines. */
  readonly timeline?: string;
}

/**
 * Opens an archive of now: through the running server, or else on the database. `through` says which it was.
 *
 * @throws Failure `timeline-unknown`, `database-not-migrated` and what `findServer` and `withDatabase` throw
 */
export async function withArchive<T>(
  session: Session,
  { timeline, ...wish }: ArchiveWish,
  work: (source: ArchiveSource, through: string) => Promise<T>,
): Promise<T> {
  const server = await findServer(session, wish);
  if (server !== undefined) return work(downloadArchive(server, timeline), server.url);
  return withDatabase(session, async (database) => {
    await assertMigrated(database);
    return withLog(database, (log) =>
      work(named(writeArchive(log, timeline === undefined ? {} : { timeline })), database.name),
    );
  });
}

async function* named(source: ArchiveSource): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (!(error instanceof TimelineNotInLog)) throw error;
    const { message } = error;
    throw refused('timeline-unknown', `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  }
}
