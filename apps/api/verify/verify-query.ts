import { parseExpectedHash, type ExpectedHash } from '#proof';
import { Optional } from '../fields/field.js';
import type { FieldRule } from '../fields/rule.js';

const expected: FieldRule = {
  words: 'VERSION:HASH, a version and the chain hash that was noted there as 64 hexadecimal digits; may be repeated',
  test: (value) => textsIn(value).every((text) => parseExpectedHash(text) !== undefined),
  schema: { type: 'string', pattern: '^[1-9][0-9]{0,15}:[0-9A-Fa-f]{64}$' },
};

const textsIn = (value: unknown): readonly string[] => [value].flat().map(String);

/** What the chain must come to besides being sound. */
export class VerifyQuery {
  @Optional(expected)
  readonly expect?: string | readonly string[];
}

/** The hashes that a query gives. */
export const expectedHashesOf = ({ expect }: VerifyQuery): readonly ExpectedHash[] =>
  expect === undefined ? [] : textsIn(expect).flatMap((text) => parseExpectedHash(text) ?? []);
