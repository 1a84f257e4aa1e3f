import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Settings } from '#settings';
import { Boot } from '../boot.js';
import type { Application } from './application.js';
import type { Front } from './front.js';
import { Port } from './port.js';

/** Serves HTTP in this process. */
export class Serving implements Front {
  readonly failed: Promise<never>;
  readonly #boot: Boot;
  readonly #port: Port;
  readonly #application: Promise<Application>;
  readonly #log: Logger;
  #drained: Promise<void> | null = null;

  private constructor(parts: { port: Port; boot: Boot; application: Promise<Application>; log: Logger }) {
    this.#port = parts.port;
    this.#boot = parts.boot;
    this.#application = parts.application;
    this.#log = parts.log;
    this.failed = parts.application.then(() => new Promise<never>(() => undefined));
    this.failed.catch(() => undefined);
  }

  /**
   * Opens the port, and only then begins to load what answers there, which takes the better part of a second.
   *
   * @throws BootFailure where the port cannot be had
   */
  static async open(settings: Settings, log: Logger): Promise<Serving> {
    const boot = new Boot();
    const port = await Port.open(settings, boot);
    const application = import('./application.js').then(({ Application }) => Application.load({ settings, boot, log }));
    application.then(
      ({ server }) => {
        port.handTo(server);
      },
      () => undefined,
    );
    return new Serving({ port, boot, application, log });
  }

  get url(): string {
    return this.#port.url;
  }

  sawDatabase(reached: boolean): void {
    this.#boot.sawDatabase(reached);
  }

  async connect(databaseUrl: string, signal: AbortSignal): Promise<void> {
    const application = await this.#application;
    await application.connect(databaseUrl, signal);
  }

  /** One of several: readiness waits for the others. */
  waitForOthers(waits: boolean): void {
    this.#boot.waitForOthers(waits);
  }

  giveNotice(): void {
    this.#boot.giveNotice();
  }

  async close(graceMs: number): Promise<void> {
    this.#boot.beginDraining();
    this.#drained ??= this.#drain();
    if (await within(graceMs, this.#drained)) return;
    if (graceMs > 0) this.#log.warn(`Not all that was under way has finished in ${graceMs} ms: it is cut off.`);
    this.#port.cutOff();
  }

  async #drain(): Promise<void> {
    await this.#port.close();
    const application = await this.#application;
    await application.close();
  }
}

/** Whether the work was done in time. It goes on otherwise. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const clock = new AbortController();
  const late = sleep(ms, false, { signal: clock.signal }).catch(() => false);
  const inTime = await Promise.race([work.then(() => true), late]);
  clock.abort();
  return inTime;
}
