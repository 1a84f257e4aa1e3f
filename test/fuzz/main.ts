// npm run fuzz: see USAGE.
import { startTestPostgres } from '../postgres.js';
import { stopServers } from '../server.js';
import { readOptions, USAGE, type Options } from './options.js';
import { fuzzGroup, type Outcome } from './run.js';
import { openScene, type Scene } from './scene.js';

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
process.exit((await fuzz(options)) ? 0 : 1);

/** Runs it all and prints what was found. True if nothing was. */
async function fuzz(asked: Options): Promise<boolean> {
  console.log(`Seed ${asked.seed}: ${asked.requests} requests a group from ${asked.from} on.`);
  const postgres = await startTestPostgres();
  try {
    const open = await onServer(postgres.url, asked, false);
    const guarded = await onServer(postgres.url, asked, true);
    return open && guarded;
  } finally {
    await stopServers();
    await postgres.stop();
  }
}

async function onServer(postgresUrl: string, asked: Options, isProtected: boolean): Promise<boolean> {
  const modes = asked.access.filter((mode) => (mode !== 'open') === isProtected);
  if (modes.length === 0) return true;
  const scene = await openScene(await databaseOn(postgresUrl, isProtected ? 'guarded' : 'open'), isProtected);
  let isSound = true;
  for (const group of groupsOf(asked, scene)) {
    for (const mode of modes) {
      const outcome = await fuzzGroup(scene, { ...asked, group, mode });
      print(outcome);
      isSound &&= outcome.failures.length === 0;
    }
  }
  const wrong = await scene.verify();
  console.log(wrong.length === 0 ? 'Every timeline verifies.' : `FAILED: ${wrong.join('\n')}`);
  return isSound && wrong.length === 0;
}

function groupsOf({ groups }: Options, { reference }: Scene): readonly string[] {
  const unknown = (groups ?? []).filter((group) => !reference.groups.includes(group));
  if (unknown.length === 0) return groups ?? reference.groups;
  console.error(`There is no group ${unknown.join(', ')}; there are ${reference.groups.join(', ')}.`);
  process.exit(2);
}

async function databaseOn(postgresUrl: string, name: string): Promise<string> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query(`create database fuzz_${name}`);
  await client.end();
  const url = new URL(postgresUrl);
  url.pathname = `/fuzz_${name}`;
  return url.href;
}

function print(outcome: Outcome): void {
  const { group, mode, requests, kinds, statuses, unavailable, withoutEffect, slowestMs, seconds, failures } = outcome;
  const counted = (kind: string): number => failures.filter((failure) => failure.kind === kind).length;
  console.log(
    `${group} (${mode}): ${requests} requests in ${seconds.toFixed(1)} s, ${JSON.stringify(kinds)}, ${JSON.stringify(statuses)}, ` +
      `503 explained ${JSON.stringify(unavailable)}, ${withoutEffect} in blocks without effect, slowest ${slowestMs.toFixed(0)} ms: ` +
      `${counted('5xx')} × 5xx, ${counted('contract')} × contract, ${counted('effect')} × effect`,
  );
  for (const { kind, text } of failures.slice(0, 20)) console.log(`FAILED (${kind}): ${text}\n`);
}
