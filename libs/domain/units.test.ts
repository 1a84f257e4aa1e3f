import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ceilDiv, formatDecimal, parseAgentId, parseDecimal, parseWorldEventId } from './units.js';

test('a decimal text has at most six digits after the point, no sign, no exponent', () => {
  expect(parseDecimal('250.5')).toBe(250_500_000n);
  expect(parseDecimal('0.000001')).toBe(1n);
  for (const text of ['', '.5', '5.', '05', '-1', '+1', '1e3', '0.0000001', '1,5', ' 1', '1\n', '٣']) {
    expect(parseDecimal(text)).toBeUndefined();
  }
});

test('what is formatted is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (value) => parseDecimal(formatDecimal(value)) === value),
  );
  expect(formatDecimal(-1_500_000n)).toBe('-1.5');
});

test('an id starts with a letter or digit and has 128 characters at most', () => {
  expect(parseAgentId('Agent_00-a.b:c')).toBe('Agent_00-a.b:c');
  for (const id of ['', '_a', '-', '.a', 'a/b', 'a b', 'é', 'a\n', 'a'.repeat(129)]) {
    expect(parseAgentId(id)).toBeUndefined();
  }
  expect(parseAgentId('a'.repeat(128))).toBeDefined();
  expect(parseWorldEventId('a'.repeat(114))).toBeDefined();
  expect(parseWorldEventId('a'.repeat(115))).toBeUndefined();
});

test('ceilDiv rounds up', () => {
  expect([ceilDiv(0n, 3n), ceilDiv(3n, 3n), ceilDiv(4n, 3n)]).toEqual([0n, 1n, 2n]);
});
