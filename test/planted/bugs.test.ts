import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FAULTS } from '../torture/faults/faults.js';
import { BUGS } from './bugs.js';
import { edited, root } from './plant.js';
import { readTable } from './table.js';

test.each(BUGS.map((bug) => [bug.name, bug] as const))('%s can still be planted', async (_, { edits, faults }) => {
  for (const edit of edits) {
    const text = await readFile(join(root, edit.file), 'utf8');
    expect(edited(text, edit)).not.toBe(text);
  }
  const names: readonly string[] = ['none', ...FAULTS.map(({ name }) => name)];
  expect(names).toEqual(expect.arrayContaining(faults.split(',')));
});

test('docs/reliability.md says of each planted bug what caught it (npm run planted writes it)', async () => {
  const rows = readTable(await readFile(join(root, 'docs/reliability.md'), 'utf8'));
  expect(rows.map(([name, what]) => [name, what])).toEqual(BUGS.map(({ name, what }) => [name, what]));
  for (const [name, , , caughtBy] of rows) expect([name, caughtBy]).not.toEqual([name, '**nothing**']);
});
