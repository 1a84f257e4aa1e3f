import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openPostgresLog } from '#event-log-postgres';
import { formatTime } from '#presentation';
import { dice, pick } from '../dice.js';
import { calm, type Arena } from './arena.js';
import { filesOf, type TimelineFacts, type Verdict } from './check/evidence.js';
import { Client, type Audience, type Stage } from './client.js';
import { Follower } from './follower.js';
import { gather } from './gather.js';
import { LineFile, type Operation } from './history.js';
import { firstCommands, STARTS_AT_MS, Workload } from './workload.js';

const checker = fileURLToPath(new URL('check/main.ts', import.meta.url));
const typescript = fileURLToPath(new URL('../../bench/typescript.js', import.meta.url));

/** How much is asked of one round. */
export interface RoundPlan {
  readonly number: number;
  readonly seed: number;
  readonly folder: string;
  readonly clients: number;
  /** Commands that a batch may have. */
  readonly batchMax: number;
  /** Pause between two operations of one client, ms. */
  readonly pauseMs: number;
  /** Called when all are at work; resolves when they are to stop. */
  readonly work: () => Promise<void>;
  readonly count: (operation: Operation) => void;
}

/** A round that was played: its evidence lies in files. */
export interface Played {
  readonly folder: string;
  readonly timelines: readonly string[];
  /** What followers of the event streams saw go wrong. */
  readonly streamFaults: readonly string[];
}

const CLOCKS: readonly TimelineFacts['clock'][] = ['virtual', 'virtual', 'virtual', 'wall'];

/** New timelines, clients on all of them while faults strike, then quiet, and the evidence. */
export async function playRound(arena: Arena & { timelines: string[] }, plan: RoundPlan): Promise<Played> {
  await mkdir(plan.folder, { recursive: true });
  const clocks = new Map(CLOCKS.map((clock, i) => [`R${plan.number}-${'ABCD'.charAt(i)}`, clock]));
  const stages: Stage[] = [];
  for (const [timeline, clock] of clocks) {
    await createTimeline(arena, timeline, clock);
    stages.push({
      timeline,
      workload: new Workload(dice(plan.seed + stages.length), plan.batchMax),
      history: new LineFile(filesOf(plan.folder, timeline).operations),
      known: 1,
    });
  }
  arena.timelines.splice(0, arena.timelines.length, ...clocks.keys());
  const stopping = new AbortController();
  const audience: Audience = {
    stages,
    urls: arena.members.map(({ url }) => url),
    disk: arena.disk,
    pauseMs: plan.pauseMs,
    count: plan.count,
  };
  const clients = Array.from({ length: plan.clients }, (_, i) => new Client(i, dice(plan.seed * 1_000 + i), audience));
  await Promise.all(
    stages.map(async (stage, i) => {
      for (const command of firstCommands()) await clients[i % clients.length]?.insist(stage, command);
    }),
  );
  const followers = stages.map(({ timeline }, i) => new Follower(timeline, audience.urls, dice(plan.seed + i)));
  const playing = Promise.all([...clients, ...followers].map((each) => each.run(stopping.signal)));
  await plan.work();
  stopping.abort();
  await playing;
  await Promise.all(stages.map(({ history }) => history.close()));
  await collect(arena, plan.folder, clocks);
  return {
    folder: plan.folder,
    timelines: [...clocks.keys()],
    streamFaults: followers.flatMap(({ faults }) => faults),
  };
}

/** One server starts anew, from snapshot and tail; the others show their live state. */
async function collect(arena: Arena, folder: string, clocks: ReadonlyMap<string, TimelineFacts['clock']>) {
  await calm(arena);
  arena.members.at(-1)?.kill();
  await calm(arena);
  const log = await openPostgresLog({
    url: arena.databaseUrl,
    poolMax: 2,
    applicationName: 'torture',
    appendTimeoutMs: 10_000,
  });
  try {
    for (const [timeline, clock] of clocks) await gather(arena, { log, folder, timeline, clock });
  } finally {
    await log.close();
  }
}

async function createTimeline({ members, roll, connection }: Arena, name: string, clock: 'wall' | 'virtual') {
  const startAt = clock === 'virtual' ? { startAt: formatTime(STARTS_AT_MS) } : {};
  const body = JSON.stringify({ name, clock, apy: '0.25', ...startAt, settings: { tickSeconds: 60 } });
  for (;;) {
    const url = `${pick(roll, members).url}/v1/timelines`;
    const headers = { 'idempotency-key': `create ${name}` };
    const reply = await connection.send(url, { method: 'POST', body, headers }).catch(() => null);
    if (reply?.status === 201) return;
    if (reply !== null && reply.status < 500) throw new Error(`${name} was not created: ${reply.status} ${reply.body}`);
    await sleep(100);
  }
}

/** Judges a round in a process of its own, by its files alone. */
export async function checkRound({ folder, timelines }: Played): Promise<readonly Verdict[]> {
  const run = promisify(execFile);
  const { stdout } = await run(
    process.execPath,
    ['--max-old-space-size=6144', '--import', typescript, checker, folder, ...timelines],
    { maxBuffer: 64 * 1_048_576 },
  );
  return JSON.parse(stdout) as Verdict[];
}
