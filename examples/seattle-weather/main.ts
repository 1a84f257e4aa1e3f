import { parseOptions, USAGE } from './options.js';
import { run } from './run.js';
import { Rejected } from './seed-client.js';

/** The exit code is 0 if the server's figures agree with the driver's own books to the micro-unit. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  const color = process.env['NO_COLOR'] === undefined;
  const { audit } = await run(options, { output: process.stdout, screen: process.stderr, color });
  return audit.differences.length === 0 ? 0 : 1;
}

function explanationOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Rejected) || error.code !== 'key-reused') return said;
  return `${said}\nThat timeline was driven with another seed or other strategies: choose a new --timeline.`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\n${explanationOf(error)}\n`);
  process.exitCode = 1;
}
