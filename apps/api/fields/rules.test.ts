import { describe, expect, test } from '@jest/globals';
import * as rules from './rules.js';
import type { FieldRule } from './rule.js';

type Case = readonly [string, FieldRule, readonly unknown[], readonly unknown[]];

/** A family, a flag of tags, a keycap and a sign with its selector are what they look like, joiners and all. */
const EMOJI = [
  '\u{1f469}\u200d\u{1f467}',
  '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  '1\ufe0f\u20e3',
];
const NAMES = [
  'Ana \u00c5ngstr\u00f6m \u{1f327}\ufe0f',
  '\u5c71\u7530\u3000\u592a\u90ce',
  'a "b"',
  '\u05d0\u05d1',
  ...EMOJI,
];
/** Not trimmed, not in form C, with control characters, of direction, and of no width. */
const UNFIT = [
  ...[' a', 'a ', '\u00a0a', 'a\n', 'e\u0301', '\u212b', 'a\tb', 'a\u001b[31m', 'a\u007f', 'a\u009bb', 'a\u2028b'],
  ...[
    '\u202eSEY',
    'a\u2066b',
    'a\u200fb',
    'a\u061cb',
    'a\u200bb',
    'a\u200db',
    'a\u2060b',
    '\ufeffa',
    'a\u00adb',
    'a\ufe0fb',
  ],
];
/** By case, by what case makes of a letter, by width, by ligature, by circle, by the space between. */
const LOOK_ALIKES = [
  ...[
    ['YES', 'yes'],
    ['stra\u00dfe', 'STRASSE'],
    ['\u03c3', '\u03c2'],
    ['\uff39ES', 'YES'],
    ['\ufb01t', 'FIT'],
  ],
  ...[
    ['\u2460', '1'],
    ['a b', 'a\u00a0b'],
    ['\u0130', 'i\u0307'],
    ['K', '\u212a'],
    ['\u{1f327}', '\u{1f327}\ufe0f'],
    ['\u{1f327}\u200d\u{1f327}', '\u{1f327}\u{1f327}'],
  ],
];

const cases: readonly Case[] = [
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
  ['the least', rules.leastAmount, ['0', '0.0', '0.000001'], ['', '-1', 0, null]],
  [
    'a title',
    rules.title,
    ['x', 'x'.repeat(500), '\u{1f600}', '\u{1f600}'.repeat(500)],
    ['', '\u{1f600}'.repeat(501), 'x'.repeat(501), 'a\u0000', 'a\ud800', '\udc00b'],
  ],
  ...[rules.title, rules.agentName, rules.reason].map((rule): Case => ['a name', rule, NAMES, UNFIT]),
  ['the outcome of a bet', rules.outcomeName, ['YES', ' YES', 'e\u0301', 'a\u200bb'], ['', '\ud800']],
  [
    'outcomes',
    rules.outcomes,
    [
      ['YES', 'NO'],
      ['a', 'b', 'c'],
      // Of two scripts: what a normal form does not make one, it is not for this rule to guess.
      ['a', '\u0430'],
    ],
    [
      ...[['YES'], ['YES', 'YES'], ['', 'NO'], Array.from({ length: 17 }, String), 'YES,NO', [1, 2]],
      ...UNFIT.map((name) => [name, 'NO']),
      ...LOOK_ALIKES,
    ],
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

test('values that mean the same have one form', () => {
  expect(['5', '5.0', '5.000000'].map((value) => rules.amount.canonical?.(value))).toEqual(['5', '5', '5']);
  expect(['0.5', '0.50'].map((value) => rules.apy.canonical?.(value))).toEqual(['0.5', '0.5']);
  expect(['80', '80.0'].map((value) => rules.score.canonical?.(value))).toEqual(['80.0', '80.0']);
  expect(['0', '0.0', '1.0'].map((value) => rules.leastAmount.canonical?.(value))).toEqual([undefined, undefined, '1']);
  const times = ['2024-01-01T01:00:00+0100', '2024-01-01t00:00z', '2024-01-01T00:00:00.0009Z'];
  expect(new Set(times.map((value) => rules.time.canonical?.(value)))).toEqual(new Set(['2024-01-01T00:00:00.000Z']));
});
