import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BootFailure } from './boot-failure.js';
import type { Front } from './front.js';
import type { PrimaryMessage, WorkerMessage } from './messages.js';

const backOffMs = { first: 100, most: 5_000, forgottenAfter: 60_000 };

/** Past its grace, a worker has this long for its own cutting off before it is killed. */
const killAfterMs = 2_000;

/** Serves HTTP in worker processes that share one port. One that dies is replaced, ever later if that does not help. */
export class WorkerPool implements Front {
  readonly failed: Promise<never>;
  readonly #log: Logger;
  readonly #count: number;
  readonly #ready = new Set<number>();
  /** Those that listen; what is said earlier would reach a worker once more when it is caught up. */
  readonly #attached = new Set<Worker>();
  /** What a worker that comes later has to be told. */
  readonly #told = new Map<PrimaryMessage['kind'], PrimaryMessage>();
  readonly #listening: Promise<string>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #url = '';
  #fail: (error: BootFailure) => void = () => undefined;
  #listens: (url: string) => void = () => undefined;
  #allReady: () => void = () => undefined;
  #stopping = false;
  #waitMs = backOffMs.first;
  #diedAtMs = -Infinity;

  private constructor(count: number, log: Logger) {
    this.#count = count;
    this.#log = log;
    this.failed = new Promise((_, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined);
    this.#listening = new Promise((resolve) => (this.#listens = resolve));
  }

  /**
   * Starts the workers; resolves when the first has the port open.
   *
   * @throws BootFailure where it cannot be had
   */
  static async open(count: number, log: Logger): Promise<WorkerPool> {
    const pool = new WorkerPool(count, log);
    for (let i = 0; i < count; i += 1) pool.#fork();
    pool.#url = await Promise.race([pool.#listening, pool.failed]);
    return pool;
  }

  get url(): string {
    return this.#url;
  }

  sawDatabase(reached: boolean): void {
    this.#tell({ kind: 'database-seen', reached });
  }

  async connect(databaseUrl: string, signal: AbortSignal): Promise<void> {
    const allReady = new Promise<void>((resolve) => (this.#allReady = resolve));
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    this.#tell({ kind: 'connect', databaseUrl });
    await Promise.race([allReady, aborted, this.failed]);
  }

  giveNotice(): void {
    this.#tell({ kind: 'notice' });
  }

  async close(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#tell({ kind: 'stop', graceMs });
    const ended = Promise.all(living().map((worker) => gone(worker)));
    const late = new AbortController();
    const kill = async (): Promise<void> => {
      await sleep(graceMs + killAfterMs, undefined, { signal: late.signal });
      for (const worker of living()) worker.process.kill('SIGKILL');
    };
    kill().catch(() => undefined);
    await ended;
    late.abort();
  }

  #fork(): void {
    const worker = cluster.fork();
    worker.on('message', (message: WorkerMessage) => {
      this.#hear(worker, message);
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      this.#ready.delete(worker.id);
      this.#attached.delete(worker);
      if (!this.#stopping) this.#replace(worker, signal ?? `code ${code ?? 0}`);
    });
    // A channel that breaks shows as the end of its worker, too.
    worker.on('error', () => undefined);
  }

  #hear(worker: Worker, message: WorkerMessage): void {
    switch (message.kind) {
      case 'attached':
        this.#attached.add(worker);
        for (const told of this.#told.values()) worker.send(told);
        break;
      case 'listening':
        this.#listens(message.url);
        break;
      case 'ready':
        this.#ready.add(worker.id);
        if (this.#ready.size < this.#count) break;
        this.#tell({ kind: 'ready' });
        this.#allReady();
        break;
      case 'failed':
        this.#fail(new BootFailure(message.sentence));
        break;
    }
  }

  #replace(worker: Worker, how: string): void {
    const now = performance.now();
    if (now - this.#diedAtMs > backOffMs.forgottenAfter) this.#waitMs = backOffMs.first;
    this.#diedAtMs = now;
    this.#log.error({ worker: worker.process.pid }, `Worker ${worker.process.pid ?? 0} ended with ${how}.`);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#fork();
    }, this.#waitMs);
    this.#timers.add(timer);
    this.#waitMs = Math.min(this.#waitMs * 2, backOffMs.most);
  }

  #tell(message: PrimaryMessage): void {
    this.#told.set(message.kind, message);
    for (const worker of this.#attached) worker.send(message);
  }
}

function living(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function gone(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) resolve();
    else
      worker.once('exit', () => {
        resolve();
      });
  });
}
