import { isCleanText } from './exact-json.js';

/** A list's reply. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Leads to the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** Opaque to clients: they hand back what they were given. */
export const encodeCursor = (value: string): string => Buffer.from(value).toString('base64url');

/** What a cursor carries; undefined for text that `encodeCursor` never wrote. */
export function decodeCursor(text: string): string | undefined {
  if (text.length > 2_048 || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const value = Buffer.from(text, 'base64url').toString();
  // No list has an id with a NUL in it, and the database refuses to look for one.
  return isCleanText(value) && encodeCursor(value) === text ? value : undefined;
}
