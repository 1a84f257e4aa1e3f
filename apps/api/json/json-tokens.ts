import { JsonFault, NOT_JSON } from './json-fault.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const ZERO = 0x30;
const U = 0x75;

/** What stands behind a backslash: `"\/bfnrt`, and `u` with four digits. */
const ESCAPED = new Set([...'"\\/bfnrtu'].map((character) => character.charCodeAt(0)));

const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

const notJson = (): JsonFault => new JsonFault(NOT_JSON);

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= 0x39;

const isHex = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/** The offset behind the text that begins with the quotation mark at `start`. @throws JsonFault */
export function endOfText(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let at = start + 1;
  while (at < length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) break;
    at = byte === BACKSLASH ? endOfEscape(bytes, at + 1) : at + 1;
  }
  throw notJson();
}

function endOfEscape(bytes: Buffer, at: number): number {
  const byte = bytes[at] ?? 0;
  if (!ESCAPED.has(byte)) throw notJson();
  if (byte !== U) return at + 1;
  for (let digit = at + 1; digit <= at + 4; digit += 1) if (!isHex(bytes[digit])) throw notJson();
  return at + 5;
}

/** The offset behind the number that begins at `start`. @throws JsonFault */
export function endOfNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : endOfDigits(bytes, at);
  if (bytes[at] === DOT) at = endOfDigits(bytes, at + 1);
  if (((bytes[at] ?? 0) | 0x20) !== 0x65) return at;
  const sign = bytes[at + 1];
  return endOfDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

/** At least one. */
function endOfDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at += 1;
  if (at === start) throw notJson();
  return at;
}

/** The offset behind `true`, `false` or `null`. @throws JsonFault */
export function endOfLiteral(bytes: Buffer, start: number): number {
  for (const word of LITERALS) {
    const end = start + word.length;
    if (bytes[start] === word[0] && end <= bytes.length && word.compare(bytes, start, end) === 0) return end;
  }
  throw notJson();
}
