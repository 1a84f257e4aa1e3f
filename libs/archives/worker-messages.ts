import type { ArchivePlace } from './archive-damaged.js';
import type { CheckedArchive } from './check-archive.js';
import type { ReadLimits } from './read-lines.js';

/** What a worker that proves an archive is started with. */
export interface ProofWork {
  readonly limits: ReadLimits;
  readonly acceptStopped: boolean;
}

/** The next piece of the archive; null behind the last. */
export interface ToWorker {
  readonly bytes: Uint8Array | null;
}

/** What the worker says: it wants the next piece, tells how far it is, or what came of it. */
export type FromWorker =
  | { readonly kind: 'more' }
  | { readonly kind: 'events'; readonly done: number; readonly of: number }
  | { readonly kind: 'proved'; readonly archive: CheckedArchive }
  | { readonly kind: 'damaged' | 'unsound'; readonly what: string; readonly place: ArchivePlace }
  | { readonly kind: 'too-large'; readonly what: string };
