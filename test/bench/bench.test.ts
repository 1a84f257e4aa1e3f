import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One of the measurements that use the runtime, and one that uses the server; the figures are looked at by nobody. */
test('a benchmark runs to its end', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', './bench/typescript.js', 'bench/main.ts', '--only', 'P7,P13'],
    { cwd: root },
  );
  expect(stdout).not.toContain('failed');
  expect(stdout).toMatch(/^P7 .+ [0-9.]+ .+\n(?:.*\n)*P13 .+ [0-9.]+ /m);
}, 120_000);
