import { isHidden } from '#domain';
import { isCleanText } from './exact-json.js';

// What a client may give as a name is for the edge alone to say. Normal forms, case and emoji are those of the Unicode version
// that the process has, and Node 20, 24 and 26 have three: neither a decision that another process repeats nor the fold of a
// log may depend on them.

/** All that most names are made of; what is in it needs no Unicode to be looked at. */
const PLAIN = /^[\x20-\x7e]*$/;

/** In a sequence that people see as one sign, a joiner or a variation selector is not hidden. */
const EMOJI = new RegExp(String.raw`\p{RGI_Emoji}`, 'gv');

/** Whether a text can stand in one line as a name, a title or a reason, and is what it looks like. */
export function isName(value: unknown): value is string {
  if (!isCleanText(value) || value !== value.trim()) return false;
  if (PLAIN.test(value)) return true;
  return value === value.normalize('NFC') && !hasHidden(value.replace(EMOJI, ''));
}

/** `isName`, in words that complete "a text". */
export const NAME_WORDS =
  'in Unicode normal form C, without spaces around it and without control, bidirectional or zero-width characters';

const hasHidden = (text: string): boolean =>
  Array.from(text).some((character) => isHidden(character.codePointAt(0) ?? 0));

/** The same text for all names that differ in case or compatibility forms alone (NFKC, then both ways of full case). */
const lookOf = (name: string): string => name.normalize('NFKC').toLowerCase().toUpperCase().normalize('NFKC');

/** Whether people can tell these names apart. */
export const lookDifferent = (names: readonly string[]): boolean => new Set(names.map(lookOf)).size === names.length;
