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

/** Whether a code point is not seen, or not seen for what it is. Half of a surrogate pair is one of them. */
export const isHidden = (codePoint: number): boolean =>
  HIDDEN.some(([from, to]) => from <= codePoint && codePoint <= to);

/** A text of somebody else's in quotes, so that a reader sees where it ends and all that is in it. */
export function quoted(text: string): string {
  const shown = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    const codePoint = character.codePointAt(0) ?? 0;
    return isHidden(codePoint) || isOddSpace(codePoint) ? `\\u{${codePoint.toString(16)}}` : character;
  });
  return `"${shown.join('')}"`;
}

/** Spaces that look like the usual one. */
const isOddSpace = (codePoint: number): boolean =>
  codePoint === 0xa0 ||
  codePoint === 0x1680 ||
  (codePoint >= 0x2000 && codePoint <= 0x200a) ||
  codePoint === 0x202f ||
  codePoint === 0x205f ||
  codePoint === 0x3000;
