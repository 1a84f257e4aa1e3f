import { parseMoment } from '#presentation';
import type { Moment } from '#runtime';
import type { FieldRule } from '../fields/rule.js';

/** A moment in a query parameter. */
export const momentText: FieldRule = {
  words: 'a version, or a time in ISO 8601 with Z or an offset, from 1970-01-01 to 9999-12-31',
  test: (value) => typeof value === 'string' && parseMoment(value) !== undefined,
  schema: { type: 'string', anyOf: [{ pattern: '^(0|[1-9][0-9]{0,14})$' }, { format: 'date-time' }] },
};

/** What a validated text says. A `+` of an offset that was not escaped arrives as a space and is no time. */
export const momentOf = (text: string): Moment => parseMoment(text) ?? { timeMs: 0 };
