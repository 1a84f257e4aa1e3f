/** A saved state of the simulation, kept as the exact text that was sent. */
export interface StoredDocument {
  readonly text: string;
  /** UTF-8 bytes of the text. */
  readonly sizeBytes: number;
  readonly version: number;
  /** Timeline time, ms. */
  readonly savedAtMs: number;
}

/** A client's document has at most so many bytes of UTF-8 … */
export const DOCUMENT_MAX_BYTES = 1_048_576;
/** … and is nested at most so deep. */
export const DOCUMENT_DEPTH_MAX = 64;

/** Length of a text without lone surrogates in UTF-8 bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes; any other unit from 0x800 on is three bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}
