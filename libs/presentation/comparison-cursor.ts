import { COMPARED_SECTIONS, type ComparedSection, type DifferencePosition } from '#domain';
import { decodeCursor, encodeCursor } from './pages.js';

/** What later pages must know of the first: which two states, where they part, and where the last page ended. */
export interface CompareCursor {
  readonly versions: { readonly left: number; readonly right: number };
  /** Versions of the first diverging events; null where there is no divergence. */
  readonly divergence: { readonly left: number | null; readonly right: number | null } | null;
  readonly after: DifferencePosition;
}

/** Opaque to clients. */
export function encodeCompareCursor({ versions, divergence, after }: CompareCursor): string {
  const parts = [versions.left, versions.right, divergence?.left, divergence?.right, after.section, after.id];
  return encodeCursor(parts.map((part) => String(part ?? '')).join(' '));
}

/** Undefined for text that no page of a comparison ended with. */
export function decodeCompareCursor(text: string): CompareCursor | undefined {
  const match = PATTERN.exec(decodeCursor(text) ?? '');
  if (match === null) return undefined;
  const [, left = '', right = '', ours = '', theirs = '', section = '', id = ''] = match;
  if (!isSection(section)) return undefined;
  const divergence = ours === '' && theirs === '' ? null : { left: versionOrNull(ours), right: versionOrNull(theirs) };
  return { versions: { left: Number(left), right: Number(right) }, divergence, after: { section, id } };
}

const PATTERN = /^([1-9]\d{0,14}) ([1-9]\d{0,14}) ([1-9]\d{0,14})? ([1-9]\d{0,14})? ([A-Za-z]{1,20}) (.{1,300})$/s;

const versionOrNull = (text: string): number | null => (text === '' ? null : Number(text));

const isSection = (text: string): text is ComparedSection => COMPARED_SECTIONS.some((section) => section === text);
