import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { LogUnavailable, type EventLog } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import {
  ClockDisagreement,
  openRuntime,
  reducerFingerprint,
  systemClock,
  type Runtime,
  type RuntimeReports,
} from '#runtime';
import type { Settings } from '#settings';
import { createApp } from '../app.js';
import { Boot } from '../boot.js';
import { Metrics } from '../metrics/metrics.js';
import { BootFailure } from './boot-failure.js';
import type { Front } from './front.js';
import { openMaster } from './master.js';
import { tryAgain } from './try-again.js';

/** How long readiness is refused before the port closes, so that whoever balances the load sees it in time. */
const noticeMs = 500;

/** A statement that takes longer is given up by the server; finding out what became of it may take as long again. */
const statementTimeoutMs = 5_000;

const domainFolder = fileURLToPath(new URL('../../../libs/domain', import.meta.url));

/** Serves HTTP in this process. */
export class Serving implements Front {
  readonly failed = new Promise<never>(() => undefined);
  readonly #app: NestFastifyApplication;
  readonly #boot: Boot;
  readonly #settings: Settings;
  readonly #log: Logger;
  #eventLog: EventLog | null = null;
  #runtime: Runtime | null = null;
  #drained: Promise<void> | null = null;

  private constructor(
    readonly url: string,
    parts: { app: NestFastifyApplication; boot: Boot; settings: Settings; log: Logger },
  ) {
    this.#app = parts.app;
    this.#boot = parts.boot;
    this.#settings = parts.settings;
    this.#log = parts.log;
  }

  /**
   * Opens the port.
   *
   * @throws BootFailure where it cannot be had
   */
  static async open(settings: Settings, log: Logger): Promise<Serving> {
    const boot = new Boot();
    const app = await createApp({ settings, boot, log });
    const { host, port } = settings;
    await app.listen({ host, port }).catch((error: unknown) => {
      throw portTrouble(error, settings);
    });
    return new Serving(addressOf(app), { app, boot, settings, log });
  }

  sawDatabase(reached: boolean): void {
    this.#boot.sawDatabase(reached);
  }

  async connect(databaseUrl: string, signal: AbortSignal): Promise<void> {
    const eventLog = await this.#openLog(databaseUrl);
    this.#eventLog = eventLog;
    const reducer = await reducerFingerprint(domainFolder);
    const attempts = {
      passes: (error: unknown) => error instanceof LogUnavailable || error instanceof ClockDisagreement,
      onTrouble: (reason: string) => {
        this.#log.warn(`The timelines cannot be opened yet (${reason}): trying again until they can.`);
      },
      signal,
    };
    const runtime = await tryAgain(() => this.#openRuntime(eventLog, reducer), attempts);
    this.#runtime = runtime;
    await openMaster(runtime, { ...attempts, log: this.#log });
    this.#boot.becomeReady(runtime);
  }

  async close(graceMs: number): Promise<void> {
    this.#boot.beginDraining();
    const drained = await within(graceMs, (this.#drained ??= this.#drain(Math.min(noticeMs, graceMs / 10))));
    if (drained) return;
    this.#log.warn(`Not all that was under way has finished in ${graceMs} ms: it is cut off.`);
    this.#app.getHttpServer().closeAllConnections();
  }

  async #drain(waitMs: number): Promise<void> {
    await sleep(waitMs);
    await this.#app.close();
    await this.#runtime?.drain();
    await this.#eventLog?.close();
  }

  #openLog(url: string): Promise<EventLog> {
    return openPostgresLog({
      url,
      poolMax: this.#settings.databasePoolMax,
      applicationName: `seed api ${process.pid}`,
      appendTimeoutMs: statementTimeoutMs,
      log: (message) => {
        this.#log.warn(message);
      },
    });
  }

  #openRuntime(log: EventLog, reducer: string): Promise<Runtime> {
    const { documentsPerTimelineMax, documentBytesPerTimelineMax, clockOffsetMs, ...settings } = this.#settings;
    return openRuntime({
      log,
      reducer,
      timelinesLoadedMax: settings.timelinesLoadedMax,
      timelineIdleSeconds: settings.timelineIdleSeconds,
      commandsQueuedMax: settings.commandsQueuedMax,
      eventsPerCommitMax: settings.eventsPerCommitMax,
      commandDeadlineMs: settings.commandDeadlineMs,
      streamsMax: settings.streamsMax,
      followPollMs: settings.followPollMs,
      snapshotIntervalSeconds: settings.snapshotIntervalSeconds,
      snapshotEveryEvents: settings.snapshotEveryEvents,
      snapshotKeep: settings.snapshotKeep,
      documentsMax: documentsPerTimelineMax,
      documentBytesMax: documentBytesPerTimelineMax,
      processClock: systemClock(clockOffsetMs),
      reports: reportsTo(this.#log, this.#app.get(Metrics)),
    });
  }
}

function reportsTo(log: Logger, metrics: Metrics): RuntimeReports {
  return {
    snapshotPassedOver: (problem) => {
      log.warn(problem, `A snapshot of ${problem.timeline} was passed over: ${problem.detail}.`);
    },
    snapshotFailed: ({ timeline, error }) => {
      log.warn({ timeline, err: error }, `A snapshot of ${timeline} could not be taken.`);
    },
    rewound: (problem) => {
      log.error(problem, `The history of ${problem.timeline} was taken back, and is loaded anew: ${problem.detail}.`);
    },
    loaded: (loaded) => {
      log.info(loaded, `Timeline ${loaded.timeline} is loaded at version ${loaded.version}.`);
    },
    committed: (group) => {
      metrics.observeCommit(group);
    },
  };
}

function portTrouble(error: unknown, { host, port }: Settings): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new BootFailure(`Port ${port} of ${host} is in use: stop what listens there, or set PORT to another.`);
    case 'EACCES':
      return new BootFailure(`Port ${port} may not be opened by this user: set PORT to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new BootFailure(`HOST is "${host}", which is no address of this machine.`);
    default:
      return error;
  }
}

function addressOf(app: NestFastifyApplication): string {
  const found = app.getHttpServer().address();
  if (found === null || typeof found === 'string') throw new Error('the server listens on no port');
  return `http://${found.family === 'IPv6' ? `[${found.address}]` : found.address}:${found.port}`;
}

/** Whether the work was done in time. It goes on otherwise. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const clock = new AbortController();
  const late = sleep(ms, false, { signal: clock.signal }).catch(() => false);
  const inTime = await Promise.race([work.then(() => true), late]);
  clock.abort();
  return inTime;
}
