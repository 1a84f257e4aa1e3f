// npm run torture: see USAGE.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions, USAGE } from './options.js';
import { torture } from './torture.js';

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
const options = readOptions(args);
if (options === null) {
  console.error(USAGE);
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), 'seed-torture-'));
const passed = await torture(options, folder);
if (passed && !options.keep) await rm(folder, { recursive: true, force: true });
else console.log(`The evidence is in ${folder}.`);
process.exit(passed ? 0 : 1);
