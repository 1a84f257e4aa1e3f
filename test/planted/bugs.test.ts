import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FAULTS } from '../torture/faults/faults.js';
import { BUGS } from './bugs.js';
import { edited, root } from './plant.js';
import { readTable, replaceTable } from './table.js';

test.each(BUGS.map((bug) => [bug.name, bug] as const))('%s can still be planted', async (_, { edits, faults }) => {
  for (const edit of edits) {
    const text = await readFile(join(root, edit.file), 'utf8');
    expect(edited(text, edit)).not.toBe(text);
  }
  const names: readonly string[] = ['none', ...FAULTS.map(({ name }) => name)];
  expect(names).toEqual(expect.arrayContaining(faults.split(',')));
});

test('docs/reliability.md says of each planted bug what caught it (npm run planted writes it)', async () => {
  const catches = readTable(await readFile(join(root, 'docs/reliability.md'), 'utf8'));
  const told = ({ name, what, faults }: (typeof BUGS)[number] | (typeof catches)[number]) => [name, what, faults];
  expect(catches.map(told)).toEqual(BUGS.map(told));
  expect(catches.filter(({ caughtBy }) => caughtBy.length === 0)).toEqual([]);
});

test('a bug that was caught by nothing is read as one', () => {
  const bug = { name: 'a', what: 'b', faults: 'cut,delay' };
  const written = replaceTable('<!-- planted:begin -->\n<!-- planted:end -->\n', [{ ...bug, caughtBy: [] }], '');
  expect(readTable(written)).toEqual([{ ...bug, caughtBy: [] }]);
});
