/**
 * Code points that are not seen, or not seen for what they are, from and to: control characters and whatever Unicode lets a
 * display ignore (zero-width, of direction, variation selectors, tags), and line separators. A list and no property of
 * Unicode, which has other members in another Node.
 */
const HIDDEN: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

const escaped = (codePoint: number): string => `\\u{${codePoint.toString(16)}}`;
const classOf = (ranges: readonly (readonly [number, number])[]): string =>
  ranges.map(([from, to]) => `${escaped(from)}-${escaped(to)}`).join('');

const ANY_HIDDEN = new RegExp(`[${classOf(HIDDEN)}]`, 'gu');

/** A text without what is not seen, or not seen for what it is: half of a surrogate pair goes too. */
export const withoutHidden = (text: string): string => text.replace(ANY_HIDDEN, '');

/** Spaces that look like the usual one. */
const ODD_SPACES = [
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
] as const;

const TO_ESCAPE = new RegExp(`[${classOf([...HIDDEN, ...ODD_SPACES])}]`, 'gu');

/** A text of somebody else's in quotes, so that a reader sees where it ends and all that is in it. */
export const quoted = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replace(TO_ESCAPE, (character) => escaped(character.codePointAt(0) ?? 0))}"`;
