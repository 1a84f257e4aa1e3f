import { withoutHidden } from '#domain';
import { isCleanText } from './exact-json.js';

// What a client may give as a name is for the edge alone to say. Normal forms, case and emoji are those of the Unicode version
// that the process has, and Node 20, 24 and 26 have three: neither a decision that another process repeats nor the fold of a
// log may depend on them.

/** All that most names are made of; what is in it needs no Unicode to be looked at. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * In a sequence that people see as one sign, a joiner, a variation selector or a tag is not hidden. `\p{RGI_Emoji}` knows the
 * sequences one by one, and takes a hundred times as long: a batch of ten thousand titles would hold the process for seconds.
 */
const SIGN = String.raw`\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?(?:[\u{e0020}-\u{e007e}]+\u{e007f})?`;
const EMOJI = new RegExp(String.raw`${SIGN}(?:\u200d${SIGN})*|[0-9#*]\ufe0f\u20e3`, 'gu');

/** Whether a text can stand in one line as a name, a title or a reason, and is what it looks like. */
export function isName(value: unknown): value is string {
  if (!isCleanText(value) || value !== value.trim()) return false;
  if (PLAIN.test(value)) return true;
  if (value !== value.normalize('NFC')) return false;
  if (withoutHidden(value) === value) return true;
  const others = value.replace(EMOJI, '');
  return withoutHidden(others) === others;
}

/** `isName`, in words that complete "a text". */
export const NAME_WORDS =
  'in Unicode normal form C, without spaces around it and without control, bidirectional or zero-width characters';

/** The same text for all names that differ in case, compatibility forms (NFKC) or what is hidden in an emoji alone. */
const lookOf = (name: string): string =>
  withoutHidden(name).normalize('NFKC').toLowerCase().toUpperCase().normalize('NFKC');

/** Whether people can tell these names apart. */
export const lookDifferent = (names: readonly string[]): boolean => new Set(names.map(lookOf)).size === names.length;
