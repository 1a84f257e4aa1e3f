import { DOCUMENT_DEPTH_MAX, DOCUMENT_MAX_BYTES } from '#domain';
import { JsonFault } from '../json/json-fault.js';
import { JsonScan } from '../json/json-scan.js';

const BACKSLASH = 0x5c;

/** A document is bounded by its bytes. */
const BOUNDS = {
  depthMax: DOCUMENT_DEPTH_MAX,
  valuesMax: Number.POSITIVE_INFINITY,
  elementValuesMax: Number.POSITIVE_INFINITY,
  namesMax: Number.POSITIVE_INFINITY,
};

/**
 * Why a text cannot be kept as a document; undefined for one that can. The text itself is read, and nothing is made of it: of
 * two fields with one name a parser drops the first, and what it holds would pass unseen.
 */
export function documentFault(text: string): string | undefined {
  const bytes = Buffer.from(text);
  if (bytes.length > DOCUMENT_MAX_BYTES) return `must have at most ${DOCUMENT_MAX_BYTES} bytes`;
  if (/\p{Surrogate}/u.test(text)) return 'must not hold a lone surrogate';
  const look = (start: number, end: number, isName: boolean): void => {
    lookAt(bytes, { start, end, isName });
  };
  try {
    new JsonScan(bytes, { bounds: BOUNDS, look }).advance(bytes.length);
    return undefined;
  } catch (error) {
    if (error instanceof JsonFault) return error.message;
    throw error;
  }
}

/** @throws JsonFault */
function lookAt(
  bytes: Buffer,
  { start, end, isName }: { readonly start: number; readonly end: number; readonly isName: boolean },
): void {
  const isPlain = !hasEscape(bytes, start, end);
  if (isPlain && (!isName || end - start !== '__proto__'.length)) return;
  const value = isPlain ? bytes.toString('utf8', start, end) : unescaped(bytes, start, end);
  if (!isPlain && /\p{Surrogate}/u.test(value)) throw new JsonFault('must not hold a lone surrogate');
  if (isName && value === '__proto__') throw new JsonFault('must not have a field named __proto__');
}

/** Not by `indexOf`, which looks behind the end: with many texts and no escape that is the whole document for each. */
function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return true;
  return false;
}

const unescaped = (bytes: Buffer, start: number, end: number): string =>
  JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string;
