import { DOCUMENT_DEPTH_MAX, DOCUMENT_MAX_BYTES } from '#domain';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

const isOpening = (unit: number): boolean => unit === 0x7b || unit === 0x5b;
const isClosing = (unit: number): boolean => unit === 0x7d || unit === 0x5d;
const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

/**
 * Why a text cannot be kept as a document; undefined for one that can. The text itself is read, not the value it parses
 * to: of two fields with one name a parser drops the first, and what it holds would pass unseen.
 */
export function documentFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > DOCUMENT_MAX_BYTES) return `must have at most ${DOCUMENT_MAX_BYTES} bytes`;
  try {
    JSON.parse(text);
  } catch {
    return 'must be JSON';
  }
  if (/\p{Surrogate}/u.test(text)) return 'must not hold a lone surrogate';
  return scan(text);
}

/** Walks over a valid JSON text once: its depth, the names in it and the escapes in its strings. */
function scan(text: string): string | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (isOpening(unit)) depth += 1;
    else if (isClosing(unit)) depth -= 1;
    else if (unit === QUOTE) {
      const end = endOfString(text, i);
      const fault = stringFault(text, { start: i, end });
      if (fault !== undefined) return fault;
      i = end;
    }
    if (depth > DOCUMENT_DEPTH_MAX) return `must not be deeper than ${DOCUMENT_DEPTH_MAX}`;
  }
  return undefined;
}

/** Index of the quotation mark that ends the string which starts at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

function stringFault(text: string, { start, end }: { start: number; end: number }): string | undefined {
  const escape = text.indexOf('\\', start);
  const isPlain = escape < 0 || escape > end;
  if (isPlain && end - start !== '"__proto__'.length) return undefined;
  const value = isPlain ? text.slice(start + 1, end) : (JSON.parse(text.slice(start, end + 1)) as string);
  if (!isPlain && /\p{Surrogate}/u.test(value)) return 'must not hold a lone surrogate';
  return value === '__proto__' && isName(text, end) ? 'must not have a field named __proto__' : undefined;
}

/** A string that a colon follows is the name of a field. */
function isName(text: string, end: number): boolean {
  let next = end + 1;
  while (isSpace(text.charCodeAt(next))) next += 1;
  return text.charCodeAt(next) === COLON;
}
