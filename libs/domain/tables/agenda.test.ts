import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDue, withoutFirst, type Agenda, type Due } from './agenda.js';

function drained(agenda: Agenda): readonly Due[] {
  const dues: Due[] = [];
  for (let left = agenda; left !== null; left = withoutFirst(left)) dues.push(left.due);
  return dues;
}

test('what is due comes in order of time, then id, however it was added', () => {
  const due = fc.record({ atMs: fc.nat({ max: 5 }), id: fc.string({ minLength: 1, maxLength: 2 }) });
  fc.assert(
    fc.property(fc.array(due), (dues) => {
      const agenda = dues.reduce<Agenda>(addDue, null);
      const sorted = [...dues].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
      expect(drained(agenda)).toEqual(sorted);
      expect(drained(agenda)).toEqual(sorted);
    }),
  );
});
