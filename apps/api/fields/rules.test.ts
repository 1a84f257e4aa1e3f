import { describe, expect, test } from '@jest/globals';
import * as rules from './rules.js';
import type { FieldRule } from './rule.js';

const cases: readonly (readonly [string, FieldRule, readonly unknown[], readonly unknown[]])[] = [
  [
    'an amount',
    rules.amount,
    ['1', '250.5', '0.000001', '1000000000000'],
    [
      ...['0', '0.0', '-1', '+1', '1e3', '01', '.5', '5.', '1.0000001', '1000000000000.000001', ' 1', '1,5', ''],
      ...[1, 9007199254740993, null, true, ['1'], { value: '1' }],
    ],
  ],
  ['a liquidity', rules.liquidity, ['1', '1000000000'], ['0.999999', '1000000000.1', '0', 1000]],
  ['a rate', rules.apy, ['0', '0.05', '1000'], ['1000.1', '-0.1', 0.05]],
  ['a fraction', rules.fraction, ['0', '1', '0.5'], ['1.000001', 0.5]],
  ['a score', rules.score, ['0', '0.5', '80', '99.9', '100', '100.0'], ['100.1', '80.55', '080', '', 80]],
  ['a fee', rules.feeBps, [0, 300, 5000], [-1, 5001, 1.5, '300', Number.NaN]],
  ['a number', rules.number(-1, 1), [-1, 0, 0.3, 1], [1.1, Number.POSITIVE_INFINITY, '0', null]],
  [
    'an id',
    rules.id(),
    ['a', 'A9', '0', 'a_b-c.d:e', 'x'.repeat(128)],
    ['', '_a', '-a', 'a b', 'a/b', 'é', 'x'.repeat(129), 'a\n', 7],
  ],
  ['an event id', rules.worldEventId, ['x'.repeat(114)], ['x'.repeat(115)]],
  [
    'a time',
    rules.time,
    ['1970-01-01T00:00:00Z', '2024-02-29T23:59:59.999Z', '2024-01-01T00:00+01:00', '9999-12-31T23:59:59Z'],
    [
      ...['2023-02-29T00:00:00Z', '2024-01-01T00:00:00', '2024-01-01', '2024-13-01T00:00:00Z', '2024-00-10T00:00:00Z'],
      ...[
        '2024-01-01T24:00:00Z',
        '2024-01-01T00:60:00Z',
        '1969-12-31T23:59:59Z',
        '10000-01-01T00:00:00Z',
        '0070-01-01T00:00:00Z',
      ],
      ...['2024-01-01T00:00:00+24:00', '2024-01-01 00:00:00Z', '9999-12-31T23:59:59-01:00', 0],
    ],
  ],
  ['a title', rules.title, ['x', 'x'.repeat(500), '\u{1f600}'], ['', 'x'.repeat(501), 'a\u0000', 'a\ud800', '\udc00b']],
  [
    'outcomes',
    rules.outcomes,
    [
      ['YES', 'NO'],
      ['a', 'b', 'c'],
    ],
    [['YES'], ['YES', 'YES'], ['', 'NO'], Array.from({ length: 17 }, String), 'YES,NO', [1, 2]],
  ],
  [
    'a payout',
    rules.payout,
    [
      [1, 0],
      [1_000_000, 0, 5],
    ],
    [[0, 0], [1], [-1, 2], [1.5, 0], [1_000_001, 0], ['1', 0]],
  ],
  ['lines', rules.texts({ entriesMax: 2, lengthMax: 3 }), [[], ['abc', '']], [['abcd'], ['', '', ''], 'abc', [1]]],
];

describe.each(cases)('%s', (_name, rule, good, bad) => {
  test.each(good.map((value) => [value]))('is %j', (value) => {
    expect(rule.test(value)).toBe(true);
  });
  test.each(bad.map((value) => [value]))('is not %j', (value) => {
    expect(rule.test(value)).toBe(false);
  });
});
