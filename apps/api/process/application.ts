import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { LogUnavailable } from '#event-log';
import { openPostgresLogs, type PostgresLogs } from '#event-log-postgres';
import {
  ClockDisagreement,
  openRuntime,
  reducerFingerprint,
  systemClock,
  type Runtime,
  type RuntimeReports,
} from '#runtime';
import { runtimeLimits, type Settings } from '#settings';
import { createApp, type AppParts } from '../app.js';
import { Access } from '../access/access.js';
import type { Boot } from '../boot.js';
import { Metrics } from '../metrics/metrics.js';
import { databaseReports } from './database-reports.js';
import { openMaster } from './master.js';
import { tryAgain } from './try-again.js';

/** A statement that takes longer is given up by the server; finding out what became of it may take as long again. */
const statementTimeoutMs = 5_000;

const domainFolder = fileURLToPath(new URL('../../../libs/domain', import.meta.url));

/** What answers the requests: the Nest application, and the timelines once there is a database. */
export class Application {
  readonly #app: NestFastifyApplication;
  readonly #boot: Boot;
  readonly #settings: Settings;
  readonly #log: Logger;
  #logs: PostgresLogs | null = null;
  #runtime: Runtime | null = null;

  private constructor(app: NestFastifyApplication, { settings, boot, log }: AppParts) {
    this.#app = app;
    this.#boot = boot;
    this.#settings = settings;
    this.#log = log;
  }

  /** It does not listen: whoever does hands it the requests. */
  static async load(parts: AppParts): Promise<Application> {
    const app = await createApp(parts);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    return new Application(app, parts);
  }

  get server(): Server {
    return this.#app.getHttpServer();
  }

  /** Opens the timelines of a migrated database; resolves when the master timeline is folded and the boot is ready. */
  async connect(databaseUrl: string, signal: AbortSignal): Promise<void> {
    const logs = this.#openLogs(databaseUrl);
    this.#logs = logs;
    const reducer = await reducerFingerprint(domainFolder);
    const attempts = {
      passes: (error: unknown) => error instanceof LogUnavailable || error instanceof ClockDisagreement,
      onTrouble: (reason: string) => {
        this.#log.warn(`The timelines cannot be opened yet (${reason}): trying again until they can.`);
      },
      signal,
    };
    const runtime = await tryAgain(() => this.#openRuntime(logs, reducer), attempts);
    this.#runtime = runtime;
    await openMaster(runtime, attempts);
    await tryAgain(() => this.#app.get(Access).start(logs.log.access), attempts);
    this.#boot.becomeReady(runtime, logs.log, logs.reads);
  }

  /** Finishes what was taken, takes the snapshots that are due, and lets go of the database. */
  async close(): Promise<void> {
    await this.#app.close();
    this.#app.get(Access).close();
    await this.#runtime?.drain();
    await this.#logs?.close();
  }

  #openLogs(url: string): PostgresLogs {
    return openPostgresLogs({
      url,
      poolMax: this.#settings.databasePoolMax,
      readPoolMax: this.#settings.databaseReadPoolMax,
      applicationName: `seed api ${process.pid}`,
      appendTimeoutMs: statementTimeoutMs,
      // An outage breaks many at once, and is told by itself.
      log: (message) => {
        this.#log.debug(message);
      },
    });
  }

  #openRuntime({ log, reads, heads }: PostgresLogs, reducer: string): Promise<Runtime> {
    const settings = this.#settings;
    return openRuntime({
      ...runtimeLimits(settings),
      log,
      reads,
      heads,
      reducer,
      processClock: systemClock(settings.clockOffsetMs),
      reports: reportsTo(this.#log, this.#app.get(Metrics)),
    });
  }
}

function reportsTo(log: Logger, metrics: Metrics): RuntimeReports {
  return {
    ...databaseReports(log),
    snapshotPassedOver: (problem) => {
      log.warn(problem, `A snapshot of ${problem.timeline} was passed over: ${problem.detail}.`);
    },
    memoryShort: ({ usedBytes, limitBytes }) => {
      log.warn(
        { usedBytes, limitBytes },
        `The states take what they may of the memory, ${limitBytes} bytes: work that needs more is refused. ` +
          'Give the process a larger heap (NODE_OPTIONS=--max-old-space-size), or raise STATES_BYTES_MAX.',
      );
    },
    snapshotFailed: ({ timeline, error }) => {
      log.warn({ timeline, err: error }, `A snapshot of ${timeline} could not be taken.`);
    },
    tickFailed: ({ timeline, error }) => {
      log.error({ timeline, err: error }, `What time makes due on timeline ${timeline} could not be decided.`);
    },
    rewound: (problem) => {
      log.error(problem, `The history of ${problem.timeline} was taken back, and is loaded anew: ${problem.detail}.`);
    },
    stopped: (problem) => {
      log.error(problem, `Timeline ${problem.timeline} takes no commands: ${problem.reason}.`);
    },
    loaded: (loaded) => {
      log.info(loaded, `Timeline ${loaded.timeline} is loaded at version ${loaded.version}.`);
    },
    takenOver: ({ timeline, version, differed }) => {
      if (differed) log.warn({ timeline, version }, `The state of ${timeline} was not what its log gives: it is now.`);
      else log.info({ timeline, version }, `The rebuilt state of ${timeline} is served, and is what it was.`);
    },
    takeOverFailed: ({ timeline, error }) => {
      log.error(
        { timeline, err: error },
        `The rebuilt state of ${timeline} could not be taken over; it is tried again.`,
      );
    },
    replayFailed: ({ id, timeline, error }) => {
      log.error({ id, timeline, err: error }, `A replay of ${timeline} failed.`);
    },
    committed: (group) => {
      metrics.observeCommit(group);
    },
  };
}
