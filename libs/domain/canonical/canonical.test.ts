import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agentWith, given, marketCreated, timelineCreated } from '../testing/specification.js';
import { textOf } from '../testing/simulation.js';
import { micro } from '../units.js';
import { canonicalText, readState, uncoveredText } from './canonical.js';
import { entry, field, list, MalformedCanonicalText, readList } from './text.js';

const small = given(timelineCreated(), ...agentWith('ana', micro(5n))).state;

test('every value stands behind its length, fields by name, defaults left out', () => {
  expect(textOf(small)).toBe(
    '12:seed-state-1' +
      '6:agents1:3:ana2:9:available1:54:name3:ana' +
      '9:documents0:' +
      '8:holdings0:' +
      '6:ledger0:1:8:issuance2:-5' +
      '7:markets0:' +
      '8:settings0:5:18:autoMarketAtTenths3:8006:feeBps3:3009:liquidity10:100000000013:reactAtTenths3:50011:tickSeconds2:10' +
      '5:stats0:0:' +
      '4:time1:0' +
      '5:world0:0:' +
      '11:worldEvents0:' +
      '5:yield0:1:6:apyPpm5:50000',
  );
});

test('neither clock kind nor versions are covered', () => {
  const created = timelineCreated();
  if (created.type !== 'TimelineCreated') throw new Error(created.type);
  const wall = given({ ...created, data: { ...created.data, clock: 'wall' } }, ...agentWith('ana', micro(5n))).state;
  expect(textOf(wall)).toBe(textOf(small));
  expect([...uncoveredText(wall)].join('')).not.toBe([...uncoveredText(small)].join(''));
});

test('many rows come in many pieces, so that whoever hashes them may rest', () => {
  const agents = Array.from({ length: 1_000 }, (_, i) => agentWith(`a${i}`, micro(1n))).flat();
  const { state } = given(timelineCreated(), ...agents);
  expect([...canonicalText(state)].length).toBeGreaterThan(10);
  expect(readState(textOf(state), [...uncoveredText(state)].join('')).agents.size).toBe(1_000);
});

test('no two lists have the same text', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }));
  fc.assert(fc.property(texts, (values) => expect(readList(list(values))).toEqual(values)));
  expect(list(['1:a', 'b'])).not.toBe(list(['1', 'a1:b']));
});

test('a field that is undefined is left out', () => {
  expect(entry('id', { a: 'x', b: undefined }, ['a', 'b'])).toBe(`${field('id')}1:${field('a')}${field('x')}`);
});

test('a text that was damaged is malformed, or another state: never another error', () => {
  const { state } = given(timelineCreated(), ...agentWith('ana', micro(5n)), marketCreated('rain'));
  const canonical = textOf(state);
  const uncovered = [...uncoveredText(state)].join('');
  fc.assert(
    fc.property(fc.nat(), fc.string({ maxLength: 2 }), fc.boolean(), (place, put, inCanonical) => {
      const damage = (text: string) => {
        const at = place % text.length;
        return text.slice(0, at) + put + text.slice(at + 1);
      };
      const read = () =>
        readState(inCanonical ? damage(canonical) : canonical, inCanonical ? uncovered : damage(uncovered));
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedCanonicalText);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(() => readState(canonical.slice(0, -1), uncovered)).toThrow(MalformedCanonicalText);
  expect(() => readState(`${canonical}1:x`, uncovered)).toThrow('text behind the last section');
  expect(() => readState('', '')).toThrow(MalformedCanonicalText);
});
