import { execFile } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One seed of the long run (npm run torture), one fault of each kind that strikes within seconds. */
const SEED = 20261126;
const FAULTS = [
  'kill-api',
  'kill-api-after-append',
  'kill-postgres',
  'kill-backend',
  'cut',
  'cut-append-reply',
  'history-taken-back',
  'damage-snapshots',
  'unknown-event',
  'poison',
  'cancel-replay',
  'fork-and-remove',
];

test(`half a minute of torture breaks no promise (seed ${SEED})`, async () => {
  const run = promisify(execFile)(
    process.execPath,
    [
      ...['--import', './bench/typescript.js', 'test/torture/main.ts', '--seed', String(SEED)],
      ...['--faults', FAULTS.join(','), '--minutes', '0.5', '--round', '15', '--pace', '3'],
      ...['--clients', '12', '--rate', '150'],
    ],
    { cwd: root, maxBuffer: 16 * 1_048_576, timeout: 170_000 },
  );
  const told = await run.then(
    ({ stdout }) => stdout,
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return `FAILED\n${stdout}\n${stderr}`;
    },
  );
  // The whole report is what a failure shows.
  expect(told).not.toContain('FAILED');
  expect(told).toMatch(/operations, in requests +\d{3,}/);
}, 180_000);
