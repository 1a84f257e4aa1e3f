import { DOCUMENT_DEPTH_MAX } from '../documents/state.js';

/** An object or list that the scan is inside of. */
interface Container {
  readonly keys: Set<string>;
  /** The key read last: what the value under way stands under. */
  key: string;
}

/** Where the scan is, and what it has found. */
interface Scan {
  readonly text: string;
  readonly open: Container[];
  readonly faults: string[];
}

const QUOTE = '"';

/**
 * What is wrong with a JSON text though it parses: a key that one object has twice, such as two markets of one id, of which
 * `JSON.parse` would keep the last and say nothing; and what no document may hold. Paths leave out the indices of lists.
 */
export function textFaults(text: string): readonly string[] {
  const scan: Scan = { text, open: [], faults: [] };
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (character === '{' || character === '[') openContainer(scan);
    else if (character === '}' || character === ']') scan.open.pop();
    else if (character === QUOTE) i = readString(scan, i);
  }
  return scan.faults;
}

function openContainer({ open, faults }: Scan): void {
  open.push({ keys: new Set(), key: '' });
  if (open.length === DOCUMENT_DEPTH_MAX + 1) faults.push(`is deeper than ${DOCUMENT_DEPTH_MAX}`);
}

/** @returns the index of the closing quote */
function readString(scan: Scan, start: number): number {
  const { text, faults } = scan;
  let end = start + 1;
  while (text[end] !== QUOTE) end += text[end] === '\\' ? 2 : 1;
  const isName = isFollowedByColon(text, end);
  const value = JSON.parse(text.slice(start, end + 1)) as string;
  if (/\p{Surrogate}/u.test(value))
    faults.push(`${pathOf(scan)} has half of a surrogate pair, which no UTF-8 can hold`);
  if (isName) noteName(scan, value);
  return end;
}

function noteName(scan: Scan, name: string): void {
  const object = scan.open.at(-1);
  if (object === undefined) return;
  object.key = name;
  if (object.keys.has(name)) scan.faults.push(`${pathOf(scan)} stands there twice`);
  if (name === '__proto__') scan.faults.push(`${pathOf(scan)} is no name that a field may have`);
  object.keys.add(name);
}

const pathOf = ({ open }: Scan): string =>
  open
    .map(({ key }) => key)
    .filter((key) => key !== '')
    .join('.');

function isFollowedByColon(text: string, end: number): boolean {
  let i = end + 1;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i += 1;
  return text[i] === ':';
}
