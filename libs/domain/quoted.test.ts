import { expect, test } from '@jest/globals';
import { given, marketCreated, timelineCreated } from './testing/specification.js';
import { quoted } from './quoted.js';
import type { AgentId, MarketId } from './units.js';
import { micro } from './units.js';

test.each([
  ['YES', '"YES"'],
  ['Åse ☔ 雨', '"Åse ☔ 雨"'],
  ['a"b\\', String.raw`"a\"b\\"`],
  ['a\u200bb', String.raw`"a\u{200b}b"`],
  ['\u202eSEY', String.raw`"\u{202e}SEY"`],
  ['line\nand\u001b[31m\u009b', String.raw`"line\u{a}and\u{1b}[31m\u{9b}"`],
  ['a\u00a0b', String.raw`"a\u{a0}b"`],
  ['\ud800', String.raw`"\u{d800}"`],
  ['\u{e0041}', String.raw`"\u{e0041}"`],
])('%j is quoted as %s', (text, expected) => {
  expect(quoted(text)).toBe(expected);
});

test('a refusal quotes what it was given, and what there is', () => {
  const { decision } = given(timelineCreated(), marketCreated('m', { outcomes: ['YES', 'Y\u200bES'] })).when({
    ...{ type: 'PlaceBet', marketId: 'm' as MarketId, agentId: 'a' as AgentId },
    ...{ outcome: 'YES\u202e', amount: micro(1n) },
  });
  expect(decision).toMatchObject({
    code: 'no-such-outcome',
    detail: String.raw`market m has no outcome "YES\u{202e}"; it has "YES", "Y\u{200b}ES"`,
  });
});
