import { InvalidArgumentError } from 'commander';
import { EVENT_SHAPES, ID_PATTERN, type JsonValue } from '#domain';
import { decodeCompareCursor, isExactJson, isName, NAME_WORDS, parseMoment } from '#presentation';

// What stands on the command line, read as the server's routes read it. All of them throw InvalidArgumentError.

/** Of an agent or a market. */
export function parseId(text: string): string {
  if (ID_PATTERN.test(text)) return text;
  throw new InvalidArgumentError('An id has 1 to 128 of A-Z a-z 0-9 _ - . :, the first a letter or digit.');
}

/** Digits alone would be read as the version itself. */
export function parseLabel(text: string): string {
  if (ID_PATTERN.test(text) && !/^\d+$/.test(text)) return text;
  throw new InvalidArgumentError('A label has 1 to 128 of A-Z a-z 0-9 _ - . :, and not digits alone.');
}

export function parseVersion(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A version is a whole number from 1.');
}

/** A version from which on is read: 0 is the beginning. */
export const parseAfter = (text: string): number => (text === '0' ? 0 : parseVersion(text));

/** Where a fork stands. */
export const parsePlace = (text: string): number | { readonly label: string } =>
  /^\d+$/.test(text) ? parseVersion(text) : { label: parseLabel(text) };

/** A version or a time; checked, and left as it is. */
export function parseMomentText(text: string): string {
  if (parseMoment(text) !== undefined) return text;
  throw new InvalidArgumentError('It has to be a version, or a time like 2026-01-01T00:00:00Z.');
}

export const parseWhole =
  (from: number, to: number) =>
  (text: string): number => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= from && Number(text) <= to) return Number(text);
    throw new InvalidArgumentError(`It has to be a whole number from ${from} to ${to}.`);
  };

export function parseKey(text: string): string {
  if (/^[\x20-\x7e]{1,255}$/.test(text)) return text;
  throw new InvalidArgumentError('A key has 1 to 255 printable ASCII characters.');
}

export function parseCursor(text: string): string {
  if (decodeCompareCursor(text) !== undefined) return text;
  throw new InvalidArgumentError('It has to be the nextCursor of the same comparison.');
}

/** A text of at most so many characters. */
export const parseReason =
  (lengthMax: number) =>
  (text: string): string => {
    if (isName(text) && text.length > 0 && text.length <= lengthMax) return text;
    throw new InvalidArgumentError(`A reason has 1 to ${lengthMax} characters, ${NAME_WORDS}.`);
  };

/** Any JSON value that comes back as it was given. */
export function parseJsonValue(text: string): JsonValue {
  try {
    const value: unknown = JSON.parse(text);
    if (isExactJson(value)) return value as JsonValue;
  } catch {
    throw new InvalidArgumentError('It has to be JSON, such as \'{"won":"ann"}\' or \'"as expected"\'.');
  }
  throw new InvalidArgumentError('It is too large or too deep, or holds a number or a text that JSON does not keep.');
}

/** One type or several with commas, added to those given before. */
export function parseTypes(text: string, before: readonly string[] = []): readonly string[] {
  const types = text.split(',');
  const unknown = types.find((type) => !Object.hasOwn(EVENT_SHAPES, type));
  if (unknown === undefined) return [...before, ...types];
  throw new InvalidArgumentError(`${unknown} is none of ${Object.keys(EVENT_SHAPES).join(', ')}.`);
}
