import cluster from 'node:cluster';
import type { Logger } from 'pino';
import type { Settings } from '#settings';
import { sentenceFor } from './boot-failure.js';
import type { PrimaryMessage, WorkerMessage } from './messages.js';
import { Serving } from './serving.js';
import { STOP_SIGNALS } from './stop-request.js';

/**
 * Serves HTTP as one of several, and does what the primary process says. Resolves when it has been told to stop and did.
 * If the primary ends, however that happens, `node:cluster` ends this process.
 */
export async function runWorker(settings: Settings, log: Logger): Promise<void> {
  // A Ctrl-C reaches the whole group of processes, and a supervisor may signal them all: the primary alone acts on it.
  for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
  // What node:cluster itself could not tell a primary that has ended; it ends this process next.
  cluster.worker?.on('error', () => undefined);
  try {
    await serve(settings, log);
  } catch (error) {
    const sentence = sentenceFor(error);
    if (sentence === undefined) throw error;
    // The primary may have ended already, over the failure of another worker: then there is nobody to tell.
    await say({ kind: 'failed', sentence }).catch(() => undefined);
  }
}

async function serve(settings: Settings, log: Logger): Promise<void> {
  const serving = await Serving.open(settings, log);
  serving.waitForOthers(true);
  await say({ kind: 'listening', url: serving.url });
  const stopping = new AbortController();
  await new Promise<void>((resolve, reject) => {
    process.on('message', (message: PrimaryMessage) => {
      switch (message.kind) {
        case 'database-seen':
          serving.sawDatabase(message.reached);
          break;
        case 'connect':
          connect(serving, message.databaseUrl, stopping.signal).catch(reject);
          break;
        case 'ready':
          serving.waitForOthers(false);
          break;
        case 'notice':
          serving.giveNotice();
          break;
        case 'stop':
          stopping.abort();
          serving.close(message.graceMs).then(resolve, reject);
          break;
      }
    });
    say({ kind: 'attached' }).catch(reject);
  });
}

async function connect(serving: Serving, databaseUrl: string, signal: AbortSignal): Promise<void> {
  try {
    await serving.connect(databaseUrl, signal);
    await say({ kind: 'ready' });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Resolves when the primary has the message, so that this process may end after it. */
function say(message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}
