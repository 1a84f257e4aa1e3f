import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TimelineEntryView } from '#presentation';
import { prunable } from './prunable.js';

const DAY_MS = 86_400_000;
const nowMs = Date.parse('2026-06-01T00:00:00Z');

const entry = (name: string, parent: string | null, status: TimelineEntryView['status'], days: number) => ({
  name,
  status,
  parent,
  forkVersion: parent === null ? null : 1,
  version: 2,
  chainHash: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  lastEventAt: '2026-01-01T00:00:00.000Z',
  lastRecordedAt: new Date(nowMs - days * DAY_MS).toISOString(),
});

const namesOf = (entries: readonly TimelineEntryView[]): readonly string[] =>
  prunable(entries, { completedBeforeMs: nowMs - 7 * DAY_MS }).map(({ name }) => name);

test('what is younger, active, archived or no fork stays', () => {
  const all = [
    entry('a-root', null, 'completed', 30),
    entry('old', 'a-root', 'completed', 8),
    entry('on-the-day', 'a-root', 'completed', 7),
    entry('young', 'a-root', 'completed', 6),
    entry('active', 'a-root', 'active', 30),
    entry('archived', 'a-root', 'archived', 30),
    entry('REALITY', null, 'master', 30),
  ];
  expect(namesOf(all)).toEqual(['old', 'on-the-day']);
});

test('a fork goes after what stands on it, and stays where that stays', () => {
  const all = [
    entry('a', 'root', 'completed', 9),
    entry('b', 'a', 'completed', 9),
    entry('c', 'b', 'completed', 9),
    entry('k', 'root', 'completed', 9),
    entry('l', 'k', 'active', 9),
    entry('m', 'k', 'completed', 9),
    entry('root', null, 'active', 9),
  ];
  expect(namesOf(all)).toEqual(['c', 'b', 'a', 'm']);
});

describe('of any tree', () => {
  const node = fc.record({
    parent: fc.nat(),
    status: fc.constantFrom('active' as const, 'completed' as const, 'archived' as const),
    days: fc.integer({ min: 0, max: 14 }),
  });

  test('what goes may go one after the other, and all that may go does', () => {
    fc.assert(
      fc.property(fc.array(node, { maxLength: 30 }), (nodes) => {
        const all = nodes.map(({ parent, status, days }, i) =>
          entry(`t${i}`, i === 0 || parent % 5 === 0 ? null : `t${parent % i}`, status, days),
        );
        const left = new Map(all.map((one) => [one.name, one]));
        const isFree = (name: string): boolean => ![...left.values()].some(({ parent }) => parent === name);
        const mayGo = ({ name, parent, status, lastRecordedAt }: TimelineEntryView): boolean =>
          parent !== null && status === 'completed' && Date.parse(lastRecordedAt) <= nowMs - 7 * DAY_MS && isFree(name);
        for (const name of namesOf(all)) {
          const one = left.get(name);
          expect(one !== undefined && mayGo(one)).toBe(true);
          left.delete(name);
        }
        expect([...left.values()].filter(mayGo)).toEqual([]);
      }),
    );
  });
});
