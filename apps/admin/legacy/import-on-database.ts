import { readStoredEvent, type Decided } from '#domain';
import { keyDigest, requestDigest, type RecordedEvent } from '#event-log';
import { migrate, openPostgresLog } from '#event-log-postgres';
import { MASTER } from '#presentation';
import { openRuntime, systemClock, type RequestKey, type Runtime } from '#runtime';
import { runtimeLimits, type Settings } from '#settings';
import type { Database } from '../database/open-database.js';
import { refused } from '../failure.js';
import { fold, nameTaken, type Imported } from './imported.js';
import { IMPORT_ROUTE, type LegacyImport } from './legacy-import.js';

/** The principal of whoever brings no access key, as the server has it. */
const anonymous = 'anonymous';
const statementTimeoutMs = 60_000;

/** Imports without a server. The database is brought up to this build first, as a server's start would. @throws Failure */
export async function importOnDatabase(
  { url, adminUrl }: Database,
  settings: Settings,
  wanted: LegacyImport,
): Promise<Imported> {
  if (wanted.timeline === MASTER) throw nameTaken(MASTER);
  await migrate(adminUrl);
  const log = await openPostgresLog({
    url,
    poolMax: 2,
    applicationName: 'seed admin',
    appendTimeoutMs: statementTimeoutMs,
  });
  try {
    // No timeline is ever loaded, so no snapshot is read or taken.
    const processClock = systemClock(settings.clockOffsetMs);
    const runtime = await openRuntime({ ...runtimeLimits(settings), log, reducer: '', processClock });
    return await create(runtime, wanted).finally(() => runtime.drain());
  } finally {
    await log.close();
  }
}

async function create(runtime: Runtime, wanted: LegacyImport): Promise<Imported> {
  const { timeline, clock, command } = wanted;
  const outcome = await runtime.createTimeline({
    name: timeline,
    commands: [{ type: 'CreateTimeline', clock }, command],
    actor: anonymous,
    key: requestKeyOf(wanted),
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

/** As the server makes it of the request to its route. */
function requestKeyOf({ key, body }: LegacyImport): RequestKey {
  return {
    digest: (part) => keyDigest({ principal: anonymous, key, part }),
    requestHash: requestDigest(`POST ${IMPORT_ROUTE}\n${body}`),
  };
}

/** What this very build decided, or an older one when the same was imported before. */
function decidedOf(event: RecordedEvent): Decided {
  const read = readStoredEvent(event);
  if (read.kind === 'unreadable')
    throw refused('timeline-stopped', `Version ${event.version} cannot be read: ${read.reason}.`);
  return { ...read.event, atMs: event.atMs };
}
