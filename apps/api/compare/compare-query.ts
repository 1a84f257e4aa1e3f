import { decodeCompareCursor } from '#presentation';
import { Optional } from '../fields/field.js';
import type { FieldRule } from '../fields/rule.js';
import { ReadQuery, wholeNumberText } from '../http/pages.js';

const DIFFERENCES_MAX = 1_000;

const cursor: FieldRule = {
  words: 'a nextCursor of the same comparison',
  test: (value) => typeof value === 'string' && decodeCompareCursor(value) !== undefined,
  schema: { type: 'string' },
};

/** Which page of the differences. */
export class CompareQuery extends ReadQuery {
  @Optional(wholeNumberText(1, DIFFERENCES_MAX))
  readonly limit?: string;

  @Optional(cursor)
  readonly cursor?: string;
}
