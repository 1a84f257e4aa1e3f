import type { StoredDocument } from '#domain';
import { formatTime } from './time.js';

/** A document without its text. */
export interface DocumentView {
  readonly name: string;
  readonly sizeBytes: number;
  /** The timeline's version that saved it. */
  readonly version: number;
  readonly savedAt: string;
}

/** What is told of a document besides its text. */
export const documentView = (name: string, { sizeBytes, version, savedAtMs }: StoredDocument): DocumentView => ({
  name,
  sizeBytes,
  version,
  savedAt: formatTime(savedAtMs),
});
