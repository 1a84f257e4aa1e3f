import { decodeCursor, encodeCursor, type Page } from '#presentation';
import { Optional } from '../fields/field.js';
import { malformedInput } from '../problems/problem-error.js';
import type { FieldRule } from '../fields/rule.js';

const LIMIT_MAX = 1_000;
const LIMIT_DEFAULT = 100;
/** Rows a filter may pass over for one page; a page may end early, and its cursor leads on. */
const SCANNED_MAX = 10_000;
/** No id is longer. */
const NAME_MAX = 300;

/** A query parameter that is a whole number. */
export function wholeNumberText(from: number, to: number): FieldRule {
  return {
    words: `a whole number from ${from} to ${to}`,
    test: (value) =>
      typeof value === 'string' &&
      /^(?:0|[1-9][0-9]{0,14})$/.test(value) &&
      Number(value) >= from &&
      Number(value) <= to,
    schema: { type: 'integer', minimum: from, maximum: to },
  };
}

export const versionText = wholeNumberText(0, 999_999_999_999_999);

const cursor: FieldRule = {
  words: 'a nextCursor of the same list',
  test: (value) => typeof value === 'string' && decodeCursor(value) !== undefined,
  schema: { type: 'string' },
};

/** What any read of a timeline takes. */
export class ReadQuery {
  @Optional(versionText)
  readonly minVersion?: string;
}

/** What any list takes. */
export class ListQuery {
  @Optional(versionText)
  readonly minVersion?: string;

  @Optional(wholeNumberText(1, LIMIT_MAX))
  readonly limit?: string;

  @Optional(cursor)
  readonly cursor?: string;
}

/**
 * Where a page goes on, which its cursor carries; null for the first page. `read` gives undefined for what no page of this list
 * ended with.
 *
 * @throws ProblemError `malformed-input`
 */
export function placeOf<Place>(
  query: { readonly cursor?: string },
  read: (text: string) => Place | undefined,
): Place | null {
  if (query.cursor === undefined) return null;
  const text = decodeCursor(query.cursor);
  const place = text === undefined ? undefined : read(text);
  if (place === undefined) throw malformedInput([{ pointer: '/cursor', detail: `must be ${cursor.words}` }]);
  return place;
}

/** For `placeOf`: a name or an id. */
export const namePlace = (text: string): string | undefined => (text.length <= NAME_MAX ? text : undefined);

/** For `placeOf`: a version or another number. */
export const numberPlace = (text: string): number | undefined =>
  /^(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined;

/** For `placeOf`: when something was made, and its id. */
export function momentPlace(text: string): { readonly createdAtMs: number; readonly id: string } | undefined {
  const [, createdAtMs, id] = /^([0-9]{1,15}) ([0-9A-Za-z-]{1,36})$/.exec(text) ?? [];
  return createdAtMs === undefined || id === undefined ? undefined : { createdAtMs: Number(createdAtMs), id };
}

export const limitOf = ({ limit }: { readonly limit?: string }): number =>
  limit === undefined ? LIMIT_DEFAULT : Number(limit);

/** How a page is made of its rows. */
interface Rows<Item> {
  /** Leaves a row out by returning undefined. */
  readonly present: (id: string) => Item | undefined;
  /** Ends the page early; its cursor leads on. */
  readonly isFull?: () => boolean;
}

/** One page out of ids in order of code point: those after the cursor, as far as the limits go. */
export function pageOf<Item>(
  sortedIds: readonly string[],
  query: ListQuery,
  { present, isFull = () => false }: Rows<Item>,
): Page<Item> {
  const after = placeOf(query, namePlace);
  const limit = limitOf(query);
  const items: Item[] = [];
  const start = after === null ? 0 : firstAfter(sortedIds, after);
  const end = Math.min(sortedIds.length, start + SCANNED_MAX);
  let index = start;
  for (; index < end && items.length < limit && !isFull(); index += 1) {
    const item = present(sortedIds[index] ?? '');
    if (item !== undefined) items.push(item);
  }
  const last = sortedIds[index - 1];
  return { items, nextCursor: index < sortedIds.length && last !== undefined ? encodeCursor(last) : null };
}

/** How a page is made of rows that the database has put in order. */
interface OrderedRows<Row, Item> {
  readonly present: (row: Row) => Item;
  /** Tells where the page behind a row begins. */
  readonly placeOf: (row: Row) => string;
}

/** One page out of rows of which there is one more than the limit if another page follows. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { present, placeOf }: OrderedRows<Row, Item>,
): Page<Item> {
  const own = rows.slice(0, limit);
  const last = own.at(-1);
  const isLastPage = rows.length <= limit || last === undefined;
  return { items: own.map(present), nextCursor: isLastPage ? null : encodeCursor(placeOf(last)) };
}

/** Index of the first id above `after`. */
function firstAfter(sortedIds: readonly string[], after: string): number {
  let low = 0;
  let high = sortedIds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sortedIds[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
