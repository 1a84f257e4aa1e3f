import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonScan, type JsonBounds } from './json-scan.js';

const BOUNDS: JsonBounds = { depthMax: 64, valuesMax: 1_000, elementValuesMax: 100, namesMax: 50 };

/** Why a text is refused; undefined where it is taken. */
function faultOf(text: string, { bounds = BOUNDS, bytesAtOnce = 1_000_000 } = {}): string | undefined {
  const scan = new JsonScan(Buffer.from(text), { bounds });
  try {
    while (!scan.advance(bytesAtOnce));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with a character taken out, put in or changed: much of it is no JSON any more. */
const nearlyJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.nat(),
    fc.constantFrom(...'{}[],:"\\0123.eE+-u tfn\u0001\t/'.split(''), ''),
    fc.boolean(),
  )
  .map(([text, place, character, isReplaced]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + character + text.slice(at + (isReplaced ? 1 : 0));
  });

test('what is JSON for the parser is JSON for the scan, and nothing else, wherever it is left and gone on with', () => {
  fc.assert(
    fc.property(nearlyJson, fc.integer({ min: 1, max: 5 }), (text, bytesAtOnce) => {
      const fault = faultOf(text, { bytesAtOnce });
      if (fault?.includes('two fields') !== true) expect(fault === undefined).toBe(isJson(text));
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  '',
  ' ',
  '{',
  '[1,]',
  '{"a":1,}',
  '[,1]',
  '01',
  '-',
  '1.',
  '1e',
  '.5',
  '+1',
  'tru',
  'nullx',
  '"\\x"',
  '"\\u12g4"',
  '1 2',
  '{"a" 1}',
  '{1:2}',
  '"a',
  '[}',
  '\u00a01',
])('%j is no JSON', (text) => {
  expect(faultOf(text)).toBe('must be JSON');
  expect(isJson(text)).toBe(false);
});

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061":2}', '\\u0061'],
  ['{"\\u0061":1,"a":2}', 'a'],
  ['[{"b":{"a":1,"c":{},"a":2}}]', 'a'],
  [`{${Array.from({ length: 40 }, (_, i) => `"n${i}":0`).join(',')},"n7":1}`, 'n7'],
  ['{"":1,"":2}', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('an object may not have a name twice: %.40j', (text, name) => {
  expect(faultOf(text)).toBe(`must not have two fields named "${name}" in one object`);
});

test.each(['{"a":{"a":{"a":1}},"b":{"a":2}}', '[{"a":1},{"a":2}]', '{"a":"a","b":"a"}', '{"ab":1,"ba":2,"Ab":3}'])(
  'other objects may: %j',
  (text) => {
    expect(faultOf(text)).toBeUndefined();
  },
);

test('as deep as may be, and no deeper', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(faultOf(nested(64))).toBeUndefined();
  expect(faultOf(nested(65))).toBe('must not be deeper than 64 levels');
  // Before it is known whether that is JSON.
  expect(faultOf('['.repeat(1_000_000))).toBe('must not be deeper than 64 levels');
});

test('as many values as may be, in all and in one element', () => {
  const list = (count: number): string => `[${Array(count).fill('0').join(',')}]`;
  const bounds = { ...BOUNDS, elementValuesMax: 1_000 };
  expect(faultOf(list(999), { bounds })).toBeUndefined();
  expect(faultOf(list(1_000), { bounds })).toBe('must not have more than 1000 values');
  expect(faultOf(`{"commands":[${list(99)},${list(99)}]}`)).toBeUndefined();
  expect(faultOf(`{"commands":[${list(99)},${list(100)}]}`)).toBe(
    'must not have more than 100 values in one of its parts',
  );
});

test('as many fields of one object as may be', () => {
  const object = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"n${i}":0`).join(',')}}`;
  expect(faultOf(`[${object(50)},${object(40)}]`)).toBeUndefined();
  expect(faultOf(object(51))).toBe('must not have more than 50 fields in one object');
});

test('a long list of the outermost object can be cut between its elements', () => {
  const elements = Array.from({ length: 100 }, (_, i) => `{"a":[${i},"],"],"b":{"c":[1,2]}}`);
  const text = `{"x":1,"commands": [ ${elements.join(' , ')} ] ,"y":[[1],[2]]}`;
  const bytes = Buffer.from(text);
  const scan = new JsonScan(bytes, { bounds: BOUNDS, cutEvery: 200 });
  while (!scan.advance(7));
  const { list } = scan;
  if (list === null) throw new Error('there is a list');
  expect(bytes.toString('utf8', list.nameStart, list.nameEnd)).toBe('commands');
  const pieces = [list.start, ...list.cuts.map((cut) => cut + 1)].map((start, i) => {
    return JSON.parse(`[${bytes.toString('utf8', start, list.cuts[i] ?? list.end)}]`) as unknown[];
  });
  expect(pieces.length).toBeGreaterThan(10);
  expect(pieces.flat()).toEqual((JSON.parse(text) as { commands: unknown[] }).commands);
});
