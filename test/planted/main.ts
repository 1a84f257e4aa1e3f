// npm run planted: plants each bug in a copy of the project and lets the torture find it. The torture and its checker stay as
// they are here; the sound project has to pass the same runs. Writes the table of docs/reliability.md.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Report } from '../torture/report.js';
import { BUGS, type Bug } from './bugs.js';
import { plant, root } from './plant.js';
import { readTable, replaceTable, type Catch } from './table.js';

const SEED = '4';
const MINUTES = 0.4;
const OPTIONS = ['--round', '24', '--pace', '6', '--clients', '16', '--rate', '300', '--batch', '6'];
/** A run ends by itself long before. */
const PATIENCE_MS = 400_000;
const DOCUMENT = join(root, 'docs/reliability.md');

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const bugs = BUGS.filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
if (bugs.length === 0) {
  console.error(`There is no bug ${values.only}. There are ${BUGS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), 'seed-planted-runs-'));

/** What a run found, shortest first: kinds of violations, and faults and followers that saw a promise broken themselves. */
async function findingsOf(project: string, { faults, minutes = MINUTES }: Bug): Promise<readonly string[]> {
  const file = join(folder, 'report.json');
  await rm(file, { force: true });
  const run = promisify(execFile)(
    process.execPath,
    [
      ...['--import', './bench/typescript.js', 'test/torture/main.ts', '--seed', SEED, ...OPTIONS],
      ...['--minutes', String(minutes), '--faults', faults, '--project', project, '--report', file],
    ],
    { cwd: root, timeout: PATIENCE_MS, maxBuffer: 64 * 1_048_576, env: { ...process.env, TMPDIR: folder } },
  );
  const told = await run.then(
    ({ stdout }) => stdout,
    (error: unknown) => String((error as { stderr?: unknown }).stderr ?? error),
  );
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`the torture came to no report: ${told.slice(-3_000)}`);
  });
  const { verdicts, broken } = JSON.parse(text) as Report;
  const kinds = new Map<string, number>();
  for (const { kind, count } of verdicts.flatMap(({ violations }) => violations)) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  const seen = broken.map((words) => /^[a-z-]+(?=: )/.exec(words)?.[0] ?? 'followers');
  return [...[...kinds].sort(([, one], [, other]) => other - one).map(([kind]) => kind), ...new Set(seen)];
}

let failed = 0;
const sound = new Map<string, readonly string[]>();
const catches: Catch[] = [];
for (const bug of bugs) {
  const { name, faults } = bug;
  if (!sound.has(faults)) {
    const found = await findingsOf(root, bug);
    sound.set(faults, found);
    console.log(
      `without any bug, faults ${faults}: ${found.length === 0 ? 'nothing found' : `FOUND ${found.join(', ')}`}`,
    );
    if (found.length > 0) failed += 1;
  }
  const project = await plant(bug);
  const found = await findingsOf(project, bug).catch((error: unknown) => {
    console.error(`${name}: ${String(error)}`);
    return [];
  });
  await rm(project, { recursive: true, force: true });
  console.log(`${name}: ${found.length === 0 ? 'NOT CAUGHT' : `caught by ${found.join(', ')}`}`);
  if (found.length === 0) failed += 1;
  catches.push({ ...bug, caughtBy: found });
}
await rm(folder, { recursive: true, force: true });
const caught = catches.filter(({ caughtBy }) => caughtBy.length > 0).length;
console.log(`${caught} of ${catches.length} planted bugs caught.`);
const document = await readFile(DOCUMENT, 'utf8');
const known = [...catches, ...readTable(document)];
const all = BUGS.map((bug) => ({ ...bug, caughtBy: known.find(({ name }) => name === bug.name)?.caughtBy ?? [] }));
const longer = BUGS.flatMap(({ name, minutes }) => (minutes === undefined ? [] : [`${minutes} for \`${name}\``]));
const options = ['--seed', SEED, ...OPTIONS, '--minutes', String(MINUTES)].join(' ');
await writeFile(DOCUMENT, replaceTable(document, all, `\`${options}\` (${longer.join(', ')})`));
process.exit(failed === 0 ? 0 : 1);
