import { importArchive, type CheckedArchive, type ImportedTimeline, type OnEvents, type Renaming } from '#archives';
import type { EventLog } from '#event-log';
import { migrate } from '#event-log-postgres';
import { withLog } from '../database/open-log.js';
import { recorded } from '../database/recorded.js';
import type { Database } from '../database/open-database.js';
import { refused, type Failure } from '../failure.js';
import type { Server } from '../server/find-server.js';
import { uploadArchive } from './over-http.js';
import { archiveFile, withPath } from './read-archive-file.js';

/** An archive in a file that was read to its end and checked. */
export interface FileToImport {
  readonly path: string;
  readonly bytes: number;
  readonly checked: CheckedArchive;
  readonly rename: Renaming;
  /** Its idempotency keys are imported too. */
  readonly withKeys: boolean;
  /** Histories that break a rule, or that this build cannot read, are let pass. */
  readonly acceptStopped: boolean;
  /** Why it is imported; recorded where no server does that. */
  readonly reason: string | null;
}

/** Imports without a server. The database is brought up to this build first, as a server's start would. @throws Failure */
export async function importOnDatabase(
  database: Database,
  file: FileToImport,
  onEvents: OnEvents,
): Promise<readonly ImportedTimeline[]> {
  await migrate(database.adminUrl);
  const record = { action: 'ImportArchive', timeline: null, target: null, reason: file.reason };
  return withLog(database, (log) => recorded(log, record, () => importToLog(log, file, onEvents)));
}

async function importToLog(
  log: EventLog,
  { path, checked, rename, withKeys }: FileToImport,
  onEvents: OnEvents,
): Promise<readonly ImportedTimeline[]> {
  const options = { checked, rename, withKeys, onEvents };
  // It is read again, and may have been changed or removed since it was checked.
  const outcome = await importArchive(log, archiveFile(path), options).catch((error: unknown) => {
    throw withPath(path, error);
  });
  switch (outcome.status) {
    case 'imported':
      return outcome.timelines;
    case 'name-taken':
      throw nameTaken(outcome.name);
    case 'renaming-unknown':
    case 'renaming-ambiguous':
      throw new Error(`the names were checked, and are ${outcome.status}`);
  }
}

/** Has a running server import. @throws Failure */
export async function importThroughServer(
  server: Server,
  file: FileToImport,
  onSent: (done: number) => void,
): Promise<readonly ImportedTimeline[]> {
  const body = await uploadArchive(server, { ...file, onSent });
  const { timelines } = (body ?? {}) as { readonly timelines?: unknown };
  if (!Array.isArray(timelines)) throw new TypeError('the reply to an import has no timelines');
  return timelines as ImportedTimeline[];
}

/** Another timeline has or had a name of the archive. */
const nameTaken = (name: string): Failure =>
  refused(
    'timeline-name-taken',
    `There is or was another timeline ${name}; --rename ${name}=NEW imports it under a new name.`,
  );
