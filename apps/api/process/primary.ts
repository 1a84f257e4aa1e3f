import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BUILD, buildName, type Settings } from '#settings';
import type { Database } from './database.js';
import type { Front } from './front.js';
import { listenForStop, type StopRequest } from './stop-request.js';
import { tryAgain } from './try-again.js';

/** What the life of the server is made of. */
interface Life {
  readonly settings: Settings;
  readonly projectFolder: string;
  readonly log: Logger;
  readonly stop: StopRequest;
}

/** Stopping PostgreSQL comes last and is not part of the grace that requests have; it takes no longer than this. */
const databaseStopMsMax = 35_000;

/**
 * Runs the server from its start to its end: the port first, then the database, then the timelines. Resolves when it was
 * asked to stop and has let go of everything, the embedded PostgreSQL last.
 *
 * @returns the exit code: 0, or 1 where it was told not to wait
 */
export async function runPrimary(settings: Settings, projectFolder: string, log: Logger): Promise<number> {
  const life: Life = { settings, projectFolder, log, stop: listenForStop(log, settings.shutdownNoticeSeconds * 1_000) };
  const front = await openFront(life);
  const { version, commit } = BUILD;
  log.info(
    { url: front.url, workers: settings.workers, version, commit },
    `Seed ${buildName(BUILD)} is listening on ${front.url}.`,
  );
  const opened: { database?: Database } = {};
  const lived = live(life, front, opened);
  const overdue = life.stop.noticed.then(() => sleep(settings.shutdownGraceSeconds * 1_000 + databaseStopMsMax));
  const ended = await Promise.race([
    lived.then(() => 0),
    life.stop.forced.then(() => endAtOnce(front, opened)),
    overdue.then(() => 1),
  ]);
  log.info('Stopped.');
  return ended;
}

async function live(life: Life, front: Front, opened: { database?: Database }): Promise<void> {
  const { stop, settings } = life;
  let graceMs = settings.shutdownGraceSeconds * 1_000;
  try {
    await boot(life, front, opened);
    await Promise.race([stop.requested, front.failed]);
    front.giveNotice();
    await Promise.race([stop.noticed, front.failed]);
  } catch (error) {
    if (stop.signal.aborted) return;
    graceMs = 0;
    throw error;
  } finally {
    // Of a start that was broken off there is none to wait for.
    stop.endNotice();
    await front.close(graceMs);
    await opened.database?.close();
  }
}

async function boot(life: Life, front: Front, opened: { database?: Database }): Promise<void> {
  const { settings, projectFolder, log, stop } = life;
  // Loaded when the port is open: these are many modules.
  const { NoRoomError } = await import('#embedded-postgres');
  const { openDatabase, prepareDatabase } = await import('./database.js');
  const { requireAdmin } = await import('./require-admin.js');
  const database = await tryAgain(() => openDatabase(settings, projectFolder, log), {
    passes: (error) => error instanceof NoRoomError,
    onTrouble: (reason) => {
      log.warn(`${reason} It is tried again until there is.`);
    },
    signal: stop.signal,
  });
  opened.database = database;
  const onReached = (reached: boolean): void => {
    front.sawDatabase(reached);
  };
  const { environment } = settings;
  const prepared = prepareDatabase(database, { environment, log, signal: stop.signal, onReached });
  await Promise.race([prepared, front.failed]);
  await requireAdmin(settings, database.url, { log, signal: stop.signal });
  await front.connect(database.url, stop.signal);
  log.info(`Ready, ${Math.round(performance.now())} ms after the start.`);
}

/** Nobody waits for requests any more; the embedded PostgreSQL is still stopped, which takes a moment. */
async function endAtOnce(front: Front, opened: { database?: Database }): Promise<number> {
  await front.close(0);
  await opened.database?.close();
  return 1;
}

/** Loaded when it is known which is needed: a primary with workers holds no application of its own. */
async function openFront({ settings, log }: Life): Promise<Front> {
  if (settings.workers > 1) {
    const { WorkerPool } = await import('./worker-pool.js');
    return WorkerPool.open(settings.workers, log);
  }
  const { Serving } = await import('./serving.js');
  return Serving.open(settings, log);
}
