import type { Bug } from './bugs.js';

/** A bug, and what found it. */
export interface Catch extends Pick<Bug, 'name' | 'what' | 'faults'> {
  readonly caughtBy: readonly string[];
}

const BEGIN = '<!-- planted:begin -->';
const END = '<!-- planted:end -->';

const NOTHING = '**nothing**';

/** The bugs between the marks of the document. */
export function readTable(document: string): readonly Catch[] {
  const table = document.slice(document.indexOf(BEGIN) + BEGIN.length, document.indexOf(END));
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [name = '', what = '', faults = '', caughtBy = ''] = line.slice(2, -2).replaceAll('`', '').split(' | ');
      const kinds = caughtBy === NOTHING ? [] : caughtBy.split(', ');
      return { name, what, faults: faults.replaceAll(', ', ','), caughtBy: kinds };
    });
}

/** The document with another table. `options` is what every run was given. */
export function replaceTable(document: string, catches: readonly Catch[], options: string): string {
  const rows = catches.map(({ name, what, faults, caughtBy }) => {
    const by = caughtBy.length === 0 ? NOTHING : caughtBy.map((kind) => `\`${kind}\``).join(', ');
    return `| \`${name}\` | ${what} | ${faults.replaceAll(',', ', ')} | ${by} |`;
  });
  const caught = catches.filter(({ caughtBy }) => caughtBy.length > 0).length;
  const table = [
    `${caught} of ${catches.length} caught, each run with ${options}; the same runs find nothing without a bug.`,
    '',
    '| bug | what breaks | faults | caught by |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
  const start = document.indexOf(BEGIN) + BEGIN.length;
  return `${document.slice(0, start)}\n\n${table}\n\n${document.slice(document.indexOf(END))}`;
}
