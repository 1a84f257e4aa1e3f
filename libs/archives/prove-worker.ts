import { parentPort, workerData } from 'node:worker_threads';
import { ArchiveDamaged, ArchiveTooLarge, ArchiveUnsound } from './archive-damaged.js';
import { proveArchive } from './prove-archive.js';
import type { FromWorker, ProofWork, ToWorker } from './worker-messages.js';

// The thread of `prove-apart.ts`. It asks for one piece after the other, so that no more than two are under way.

const port = parentPort;
if (port === null) throw new TypeError('this runs in a worker thread');

const tell = (message: FromWorker): void => port.postMessage(message);
let arrived: (message: ToWorker) => void = () => undefined;
port.on('message', (message: ToWorker) => arrived(message));

async function* source(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = new Promise<ToWorker>((resolve) => (arrived = resolve));
    tell({ kind: 'more' });
    const { bytes } = await next;
    if (bytes === null) return;
    yield bytes;
  }
}

const PROGRESS_EVENTS = 1_000;
let told = 0;

function onEvents(done: number, of: number): void {
  if (done - told < PROGRESS_EVENTS && done !== of) return;
  told = done;
  tell({ kind: 'events', done, of });
}

const { limits, acceptStopped } = workerData as ProofWork;
try {
  tell({ kind: 'proved', archive: await proveArchive(source(), { limits, acceptStopped, onEvents }) });
} catch (error) {
  tell(refusal(error));
}
port.close();

function refusal(error: unknown): FromWorker {
  if (error instanceof ArchiveTooLarge) return { kind: 'too-large', what: error.message };
  if (!(error instanceof ArchiveDamaged || error instanceof ArchiveUnsound)) throw error;
  const { what, line, timeline, version } = error;
  const kind = error instanceof ArchiveDamaged ? 'damaged' : 'unsound';
  return { kind, what, place: { line, timeline, version } };
}
