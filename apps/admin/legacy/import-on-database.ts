import { readStoredEvent, type Decided } from '#domain';
import type { RecordedEvent } from '#event-log';
import { migrate } from '#event-log-postgres';
import { MASTER } from '#presentation';
import { openRuntime, systemClock, type Runtime } from '#runtime';
import { runtimeLimits, type Settings } from '#settings';
import type { Database } from '../database/open-database.js';
import { withLog } from '../database/open-log.js';
import { recorded } from '../database/recorded.js';
import { ANONYMOUS, requestKey } from '../database/request-key.js';
import { refused } from '../failure.js';
import { fold, nameTaken, type Imported } from './imported.js';
import { IMPORT_ROUTE, type LegacyImport } from './legacy-import.js';

/** Imports without a server. The database is brought up to this build first, as a server's start would. @throws Failure */
export async function importOnDatabase(
  database: Database,
  settings: Settings,
  wanted: LegacyImport,
  reason: string | null,
): Promise<Imported> {
  if (wanted.timeline === MASTER) throw nameTaken(MASTER);
  await migrate(database.adminUrl);
  return withLog(database, async (log) => {
    // No timeline is ever loaded, so no snapshot is read or taken.
    const processClock = systemClock(settings.clockOffsetMs);
    const runtime = await openRuntime({ ...runtimeLimits(settings), log, reducer: '', processClock });
    const record = { action: 'ImportLegacy', timeline: wanted.timeline, target: null, reason };
    return recorded(log, record, () => create(runtime, wanted)).finally(() => runtime.drain());
  });
}

async function create(runtime: Runtime, wanted: LegacyImport): Promise<Imported> {
  const { timeline, clock, command } = wanted;
  const outcome = await runtime.createTimeline({
    name: timeline,
    commands: [{ type: 'CreateTimeline', clock }, command],
    actor: ANONYMOUS,
    key: requestKey(wanted.key, `POST ${IMPORT_ROUTE}\n${wanted.body}`),
  });
  switch (outcome.status) {
    case 'accepted':
      return { already: outcome.repeated, version: outcome.version, state: fold(outcome.events.map(decidedOf)) };
    case 'name-taken':
      throw nameTaken(timeline);
    case 'refused':
      throw refused(outcome.refusal.code, `Nothing was imported: ${outcome.refusal.detail}.`);
    case 'key-reused':
    case 'precondition-failed':
      throw new Error(`a new timeline cannot be answered with ${outcome.status}`);
  }
}

/** What this very build decided, or an older one when the same was imported before. */
function decidedOf(event: RecordedEvent): Decided {
  const read = readStoredEvent(event);
  if (read.kind === 'unreadable')
    throw refused('timeline-stopped', `Version ${event.version} cannot be read: ${read.reason}.`);
  return { ...read.event, atMs: event.atMs };
}
