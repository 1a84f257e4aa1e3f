import { expect, test } from '@jest/globals';
import { documentFault } from './document-text.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test.each([
  '{}',
  'null',
  '"text"',
  '1e400',
  '123456789012345678901234567890.5',
  '{"a": "__proto__"}',
  '{"a": ["{[", "\\"]}"]}',
  '"\\ud83d\\ude00"',
  '{"a\\\\": "\\\\ud800"}',
  nested(64),
])('%j is kept', (text) => {
  expect(documentFault(text)).toBeUndefined();
});

test.each([
  ['', /JSON/],
  ['{a:1}', /JSON/],
  ['{"a":1}x', /JSON/],
  ['NaN', /JSON/],
  [nested(65), /deeper/],
  [nested(10_000), /deeper/],
  ['{"__proto__": 1}', /__proto__/],
  ['{"a": {"__proto__" : 1}}', /__proto__/],
  ['{"\\u005f_proto__": 1}', /__proto__/],
  ['"\\ud800"', /surrogate/],
  ['"\\udc00\\ud800"', /surrogate/],
  ['{"\\ud800": 1}', /surrogate/],
  // Of two fields with one name a parser keeps the second.
  ['{"a": "\\ud800", "a": 1}', /surrogate/],
  ['{"a": {"__proto__": 1}, "a": 1}', /__proto__/],
  [`"${'x'.repeat(1_048_575)}"`, /bytes/],
] as const)('%.40j is not', (text, fault) => {
  expect(documentFault(text)).toMatch(fault);
});

test('a text of exactly 1 MiB is kept', () => {
  expect(documentFault(`"${'x'.repeat(1_048_574)}"`)).toBeUndefined();
});
