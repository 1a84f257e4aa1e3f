// npm run attacks: what one client can do to all others. A writer places single bets, alone and then under each attack, and
// its times stand side by side with the server's memory. It judges nothing: the exit code is 1 only if an attack could not be
// made. All of it is on loopback, bounded in count and time, and against a server and a database that it starts for it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bench } from '../bench.js';
import { openChild } from '../child.js';
import { table } from '../report.js';
import { quantile } from '../rounds.js';
import { SCALES } from '../scale.js';
import { ATTACKS, type Attack } from './attacks.js';
import { watchMemory } from './memory-watch.js';
import { readOptions, USAGE, type Options } from './options.js';
import type { Order } from './order.js';
import { Target } from './target.js';
import { write, type Writing } from './writer.js';

/** Within that a server that lives has to answer again. */
const RECOVERY_MS = 30_000;
/** The attacker goes on a little longer than the writer is measured. */
const MARGIN_MS = 500;

/** Nobody is attacked without end. */
const REQUESTS_MAX = 1_000_000;

interface Phase {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly writes: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly peakMib: number;
}

interface Result {
  readonly name: string;
  readonly title: string;
  readonly without: Phase;
  readonly under: Phase;
  /** Requests that the attacker sent. */
  readonly requests: number;
  /** How the server is afterwards. */
  readonly server: string;
}

async function run(options: Options, chosen: readonly Attack[]): Promise<void> {
  const bench = await Bench.open(SCALES.small);
  const results: Result[] = [];
  try {
    for (const attack of chosen) {
      try {
        await bench.settle();
        results.push(await make(bench, attack, options));
        console.log(`${attack.name}: ${attack.title}`);
      } catch (error) {
        process.exitCode = 1;
        console.error(`${attack.name} could not be made: ${error instanceof Error ? error.stack : String(error)}`);
      } finally {
        await bench.tidyUp();
      }
    }
    await mkdir(dirname(options.out), { recursive: true });
    await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
    console.log(`\n${tableOf(results)}\n\nAll figures are in ${options.out}.`);
  } finally {
    await bench.close();
  }
}

async function make(bench: Bench, attack: Attack, { project, measureMs, events }: Options): Promise<Result> {
  const { name, title, env = {}, isHeld = false, leadMs = 0, leastMs = 0 } = attack;
  const target = await Target.open(bench, { project, env });
  const memory = watchMemory(target.server.pid);
  bench.atEnd(() => Promise.resolve(memory.end()));
  const attacker = await openChild<Order>(bench, { script: 'attacks/attacker.ts', args: [] });
  const connections = await attack.prepare(target, { events });
  const order = { url: target.url, connections, isHeld, requestsMax: attack.requestsMax ?? REQUESTS_MAX };
  await attacker.order({ ...order, ms: 0 });
  await measure(target, 1_000);
  await memory.takePeak();
  const phase = async (ms: number): Promise<Phase> => phaseOf(await measure(target, ms), await memory.takePeak());
  const without = await phase(measureMs);
  const underMs = Math.max(measureMs, leastMs);
  const requests = attacker.order({ ...order, ms: leadMs + underMs + MARGIN_MS });
  await sleep(leadMs);
  const under = await phase(underMs);
  return { name, title, without, under, requests: await requests, server: await conditionOf(target) };
}

async function measure(target: Target, ms: number): Promise<Writing> {
  return write(target, AbortSignal.timeout(ms));
}

const phaseOf = ({ latenciesMs, failures }: Writing, peakMib: number): Phase => ({
  p50Ms: quantile(latenciesMs, 0.5),
  p99Ms: quantile(latenciesMs, 0.99),
  writes: latenciesMs.length,
  failures,
  peakMib,
});

/** Whether the server lives and answers again. */
async function conditionOf({ url, server }: Target): Promise<string> {
  const giveUpMs = performance.now() + RECOVERY_MS;
  const ended = server.exited.then((how) => `ended with ${how}`);
  while (performance.now() < giveUpMs) {
    const healthy = fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ status }) => (status === 200 ? 'lives' : undefined),
      () => undefined,
    );
    const found = await Promise.race([ended, healthy]);
    if (found !== undefined) return found;
    await sleep(100);
  }
  return 'does not answer';
}

function tableOf(results: readonly Result[]): string {
  const header = [
    'attack',
    'p50 ms',
    'under it',
    'p99 ms',
    'under it',
    'writes',
    'failed',
    'MiB',
    'under it',
    'server',
  ];
  const rows = results.map(({ name, without, under, server }) => [
    name,
    ...[without.p50Ms, under.p50Ms, without.p99Ms, under.p99Ms].map((ms) => (Number.isNaN(ms) ? '-' : ms.toFixed(1))),
    String(under.writes),
    failuresOf(under),
    ...[without.peakMib, under.peakMib].map((mib) => mib.toFixed(0)),
    server,
  ]);
  return table([header, ...rows]);
}

const failuresOf = ({ failures }: Phase): string =>
  Object.entries(failures)
    .map(([how, count]) => `${count} × ${how}`)
    .join(', ') || '0';

/** What the command line asks for, or undefined after a word on how it is used. */
function understood(args: readonly string[]): readonly [Options, readonly Attack[]] | undefined {
  try {
    const options = readOptions(args);
    const unknown = options.only?.find((name) => ATTACKS.every((attack) => attack.name !== name));
    if (unknown !== undefined) {
      throw new TypeError(`there is no attack "${unknown}", only ${ATTACKS.map(({ name }) => name).join(', ')}`);
    }
    return [options, ATTACKS.filter(({ name }) => options.only?.includes(name) ?? true)];
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

const asked = understood(process.argv.slice(2));
if (asked === undefined) process.exitCode = 2;
else await run(...asked);
