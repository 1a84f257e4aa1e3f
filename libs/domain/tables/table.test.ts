import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Index, Table } from './table.js';

test('an overlay reads through, and only what is absorbed changes the table below', () => {
  const live = new Table<number>();
  live.set('a', 1);
  const overlay = live.overlay();
  overlay.set('a', 2);
  overlay.set('b', 3);
  expect([live.get('a'), live.get('b'), live.size]).toEqual([1, undefined, 1]);
  expect([overlay.get('a'), overlay.get('b'), overlay.size]).toEqual([2, 3, 2]);
  live.absorb(overlay);
  expect([live.get('a'), live.get('b'), live.size]).toEqual([2, 3, 2]);
});

test('an overlay knows what it changed, in order, and nothing of what is below', () => {
  const live = new Table<number>();
  for (const id of ['a', 'b', 'c']) live.set(id, 1);
  const overlay = live.overlay();
  expect(overlay.changedIds()).toEqual([]);
  overlay.set('d', 1);
  overlay.remove('b');
  overlay.remove('absent');
  overlay.set('a', 2);
  expect(overlay.changedIds()).toEqual(['a', 'b', 'd']);
});

test('a pin keeps the rows of its moment until it is released', () => {
  const live = new Table<number>();
  live.set('b', 1);
  live.set('a', 2);
  const pinned = live.pin();
  live.set('b', 10);
  live.remove('a');
  live.set('c', 3);
  live.set('a', 20);
  expect(pinned.sortedIds().map((id) => [id, pinned.get(id)])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect([pinned.size, pinned.get('c')]).toEqual([2, undefined]);
  pinned.release();
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'B', '0');
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), id, row: fc.nat() }),
  fc.record({ kind: fc.constant('remove' as const), id }),
  fc.record({ kind: fc.constantFrom('push' as const, 'absorb' as const, 'drop' as const, 'read' as const) }),
);

test('a table under any layers is a map, and every pin is the map of its moment', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const layers = [{ table: new Table<number>(), model: new Map<string, number>() }];
      const pins = [];
      for (const step of changes) {
        const top = layers.at(-1);
        if (top === undefined) throw new Error('no layer');
        const below = layers.at(-2);
        if (step.kind === 'set') {
          top.table.set(step.id, step.row);
          top.model.set(step.id, step.row);
        } else if (step.kind === 'remove') {
          top.table.remove(step.id);
          top.model.delete(step.id);
        } else if (step.kind === 'push') {
          layers.push({ table: top.table.overlay(), model: new Map(top.model) });
        } else if (step.kind === 'read') {
          if (below === undefined) pins.push({ pin: top.table.pin(), model: new Map(top.model) });
        } else if (below !== undefined) {
          layers.pop();
          if (step.kind === 'absorb') {
            below.table.absorb(top.table);
            below.model = top.model;
          }
        }
        layers.forEach(({ table, model }) => expectSame(table, model));
        pins.forEach(({ pin, model }) => expectSame(pin, model));
      }
    }),
    { numRuns: 300 },
  );
});

function expectSame(table: Pick<Table<number>, 'size' | 'get' | 'sortedIds'>, model: Map<string, number>): void {
  const rows = table.sortedIds().map((key) => [key, table.get(key)]);
  expect(rows).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
  expect(table.size).toBe(model.size);
}

test('an index under layers keeps members in order, and forgets what was removed', () => {
  const live = new Index();
  live.add('m', 'b');
  live.add('m', 'a');
  const overlay = live.overlay();
  overlay.remove('m', 'a');
  overlay.add('m', 'c');
  overlay.add('n', 'x');
  expect([live.members('m'), overlay.members('m')]).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ]);
  live.absorb(overlay);
  expect([live.members('m'), live.members('n'), live.members('o')]).toEqual([['b', 'c'], ['x'], []]);
});
