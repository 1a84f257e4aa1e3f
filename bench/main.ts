// npm run bench: measures the product and its yardsticks in one run, and judges nothing but ratios. Exits with 1 only if
// something could not be measured.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { Bench } from './bench.js';
import type { Measurement } from './measurement.js';
import { httpCommands } from './measurements/p01-http-commands.js';
import { commands } from './measurements/p02-commands.js';
import { batches } from './measurements/p03-batches.js';
import { replay } from './measurements/p04-replay.js';
import { starts } from './measurements/p05-starts.js';
import { markets } from './measurements/p06-markets.js';
import { distributions } from './measurements/p07-distributions.js';
import { forks } from './measurements/p08-forks.js';
import { latency } from './measurements/p09-latency.js';
import { memory } from './measurements/p10-memory.js';
import { twoProcesses } from './measurements/p11-two-processes.js';
import { bytes } from './measurements/p12-bytes.js';
import { reads } from './measurements/p13-reads.js';
import { replaysUnderLoad } from './measurements/p14-replays.js';
import { verification } from './measurements/p15-verification.js';
import { readOptions, USAGE, type Options } from './options.js';
import { failureOf, figuresOf, jsonOf, tableOf, type Result } from './report.js';

const measurements: readonly Measurement[] = [
  httpCommands,
  commands,
  batches,
  replay,
  starts,
  markets,
  distributions,
  forks,
  latency,
  memory,
  twoProcesses,
  bytes,
  reads,
  replaysUnderLoad,
  verification,
];

async function run(options: Options, chosen: readonly Measurement[]): Promise<void> {
  const bench = await Bench.open(options.scale);
  const results: Result[] = [];
  try {
    const about = { scale: options.scale.name, ...(await machine(bench)) };
    console.log(
      `Scale ${about.scale}, Node ${about.node}, PostgreSQL ${about.postgres}, ${about.cores} × ${about.processor}\n`,
    );
    for (const measurement of chosen) {
      const result = await measure(bench, measurement);
      results.push(result);
      console.log(figuresOf(result));
    }
    await mkdir(dirname(options.out), { recursive: true });
    await writeFile(options.out, jsonOf(about, results));
    console.log(`${tableOf(results)}\n\nAll figures are in ${options.out}.`);
  } finally {
    await bench.close();
  }
  if (results.some(({ failure }) => failure !== null)) process.exitCode = 1;
}

async function measure(bench: Bench, measurement: Measurement): Promise<Result> {
  const { id, title } = measurement;
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1_000;
  try {
    await bench.settle();
    const finding = await measurement.run(bench);
    return { id, title, seconds: seconds(), finding, failure: null };
  } catch (error) {
    return failureOf(measurement, seconds(), error);
  } finally {
    await bench.tidyUp();
  }
}

async function machine(bench: Bench) {
  const [processor] = cpus();
  return {
    takenAt: new Date().toISOString(),
    node: process.versions.node,
    postgres: await bench.serverVersion(),
    cores: cpus().length,
    processor: processor?.model ?? 'unknown',
  };
}

/** What the command line asks for, or undefined after a word on how it is used. */
function understood(args: readonly string[]): readonly [Options, readonly Measurement[]] | undefined {
  try {
    const options = readOptions(args);
    const chosen = measurements.filter(({ id }) => options.only?.includes(id) ?? true);
    if (chosen.length === 0) throw new TypeError(`there is nothing to measure: ${options.only?.join(', ')}`);
    return [options, chosen];
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

const asked = understood(process.argv.slice(2));
if (asked === undefined) process.exitCode = 2;
else await run(...asked);
