import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { WHO_MAY, type AccessRow } from '../../apps/api/access/table.js';

const WHERE = { path: 'the timeline of the path', all: 'all timelines', none: '' } as const;
const ROLES = ['everyone', 'reader', 'agent', 'operator', 'admin'];

/** The cells of a row but the last, which lists the routes. */
function rightOf({ least, reach, actsFor, alsoNamed, isAudited }: AccessRow): string {
  const who = actsFor === undefined ? least : `${least}, as its own \`${actsFor}\``;
  const also =
    alsoNamed === undefined ? [] : [`the one named by \`${'param' in alsoNamed ? alsoNamed.param : alsoNamed.field}\``];
  const where = [...(least === 'everyone' || reach === 'none' ? [] : [WHERE[reach]]), ...also].join(' and ');
  return `| ${who} | ${where} | ${isAudited === true ? 'yes' : ''} |`;
}

/** The table of who may as docs/security.md has it: one line for each right. */
function tableText(): string {
  const routes = new Map<string, string[]>();
  const rows = Object.entries<AccessRow>(WHO_MAY).sort(
    ([, one], [, other]) => ROLES.indexOf(one.least) - ROLES.indexOf(other.least),
  );
  for (const [operationId, row] of rows) {
    const right = rightOf(row);
    routes.set(right, [...(routes.get(right) ?? []), operationId]);
  }
  return [...routes].map(([right, names]) => `${right} ${names.sort().join(', ')} |`).join('\n');
}

test('docs/security.md shows the table by which the server decides', async () => {
  const text = await readFile(new URL('../../docs/security.md', import.meta.url), 'utf8');
  expect(text).toContain(tableText());
});
