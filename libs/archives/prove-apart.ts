import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { ArchiveDamaged, ArchiveTooLarge, ArchiveUnsound } from './archive-damaged.js';
import type { CheckedArchive } from './check-archive.js';
import type { OnEvents } from './count-events.js';
import type { ArchiveSource } from './read-lines.js';
import type { FromWorker, ProofWork, ToWorker } from './worker-messages.js';

/** How an archive is proved in a thread of its own. */
export interface ProveApartOptions {
  /** MiB of heap that the thread may take; 0: half of what this process may. */
  readonly heapMaxMib: number;
  /** Bytes that the archive may unpack to; by default there is no limit. */
  readonly unpackedBytesMax?: number;
  /** Histories that break a rule, or that this build cannot read, are let pass. */
  readonly acceptStopped?: boolean;
  readonly onEvents?: OnEvents;
  /** Ends the work: the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** A line takes several times its length while it is read. */
const HEAP_PER_LINE_BYTE = 4;
const MIB = 1_048_576;

/** Tests run from the sources; a thread runs what was built of them. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/libs/archives/prove-worker.js' : './prove-worker.js',
  import.meta.url,
);

/**
 * `proveArchive` in a thread of its own, whose heap is bounded: whatever is in the archive, it is the thread that ends, and
 * nobody waits for it. Throws what `proveArchive` throws, and `ArchiveTooLarge` where the heap was not enough.
 */
export async function proveApart(source: ArchiveSource, options: ProveApartOptions): Promise<CheckedArchive> {
  const { acceptStopped = false, unpackedBytesMax = Number.MAX_SAFE_INTEGER, signal } = options;
  signal?.throwIfAborted();
  const heapMaxMib = options.heapMaxMib || Math.floor(getHeapStatistics().heap_size_limit / 2 / MIB);
  const lineBytesMax = Math.floor((heapMaxMib * MIB) / HEAP_PER_LINE_BYTE);
  const workerData: ProofWork = { limits: { lineBytesMax, unpackedBytesMax }, acceptStopped };
  const worker = new Worker(workerFile, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heapMaxMib },
    execArgv: [],
  });
  const bytes = source[Symbol.asyncIterator]();
  try {
    return await proved(worker, bytes, { ...options, heapMaxMib });
  } finally {
    await worker.terminate();
    // Without waiting: a source that gives nothing more would hold up what is known.
    void bytes.return?.().catch(() => undefined);
  }
}

function proved(
  worker: Worker,
  bytes: AsyncIterator<Uint8Array>,
  { heapMaxMib, onEvents, signal }: ProveApartOptions,
): Promise<CheckedArchive> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'more') feed(worker, bytes).catch(reject);
      else if (message.kind === 'events') onEvents?.(message.done, message.of);
      else if (message.kind === 'proved') resolve(message.archive);
      else reject(faultIn(message));
    });
    worker.once('error', (error) => reject(isOutOfMemory(error) ? tooMuchMemory(heapMaxMib) : error));
    worker.once('exit', () => reject(new Error('the thread that reads the archive ended')));
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function feed(worker: Worker, bytes: AsyncIterator<Uint8Array>): Promise<void> {
  const next = await bytes.next();
  if (next.done === true) {
    worker.postMessage({ bytes: null } satisfies ToWorker);
    return;
  }
  // A piece may lie in a larger buffer, all of which would be copied.
  const piece = new Uint8Array(next.value);
  worker.postMessage({ bytes: piece } satisfies ToWorker, [piece.buffer]);
}

function faultIn(message: Extract<FromWorker, { readonly what: string }>): Error {
  switch (message.kind) {
    case 'damaged':
      return new ArchiveDamaged(message.what, message.place);
    case 'unsound':
      return new ArchiveUnsound(message.what, message.place);
    case 'too-large':
      return new ArchiveTooLarge(message.what);
  }
}

const isOutOfMemory = (error: unknown): boolean =>
  (error as { readonly code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';

const tooMuchMemory = (heapMaxMib: number): Error =>
  new ArchiveTooLarge(`reading it takes more than ${heapMaxMib} MiB of memory (IMPORT_HEAP_MAX_MIB)`);
