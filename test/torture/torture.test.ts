import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkTimeline } from './check/check-timeline.js';
import { filesOf, type TimelineFacts, type ViolationKind } from './check/evidence.js';
import type { Operation, Reply } from './history.js';

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

/** A timeline of the first round, on a virtual clock: every answer in it is compared. */
const TIMELINE = 'R1-A';

let told = '';
let evidence = '';
const copies: string[] = [];

beforeAll(async () => {
  const run = promisify(execFile)(
    process.execPath,
    [
      ...['--import', './bench/typescript.js', 'test/torture/main.ts', '--seed', String(SEED), '--keep'],
      ...['--faults', FAULTS.join(','), '--minutes', '0.5', '--round', '15', '--pace', '3'],
      ...['--clients', '12', '--rate', '150'],
    ],
    { cwd: root, maxBuffer: 16 * 1_048_576, timeout: 170_000 },
  );
  told = await run.then(
    ({ stdout }) => stdout,
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return `FAILED\n${stdout}\n${stderr}`;
    },
  );
  evidence = /The evidence is in (.*)\.$/m.exec(told)?.[1] ?? '';
}, 180_000);

afterAll(async () => {
  for (const folder of [evidence, ...copies]) if (folder !== '') await rm(folder, { recursive: true, force: true });
});

test(`half a minute of torture breaks no promise (seed ${SEED})`, () => {
  // The whole report is what a failure shows.
  expect(told).not.toContain('FAILED');
  expect(told).toMatch(/operations, in requests +\d{3,}/);
});

/** The evidence of one timeline, to be told otherwise. */
interface Evidence {
  operations: Operation[];
  events: { version: number; commandId: string; type: string; data: string }[];
  facts: TimelineFacts;
}

/** Somebody lies about a sound run, each time about one thing. */
const lies: readonly (readonly [string, ViolationKind, (evidence: Evidence) => void])[] = [
  ['an acknowledged command is not in the log', 'lost', ({ events }) => events.splice(-30)],
  ['a command stands in the log twice', 'doubled', ({ events }) => append(events, (e) => e.type === 'FundsDeposited')],
  ['yield is paid twice', 'twice', ({ events }) => append(events, (e) => e.type === 'YieldDistributed')],
  ['a version is left out', 'density', ({ events }) => events.splice(40, 1)],
  [
    'a receipt shows another amount',
    'answer',
    ({ operations }) => {
      const deposit = operations.find(
        ({ asked, reply }) =>
          asked.kind === 'command' && asked.command.type === 'DepositFunds' && reply?.status === 200 && reply.body,
      );
      alter(deposit, (body) => body.replaceAll(/"amount":"\d+/g, '"amount":"77777'));
    },
  ],
  [
    'a refusal gives another reason',
    'answer',
    ({ operations }) => {
      // Of an operation that another attempt at may have had its effect no reason is compared.
      const refused = operations.find(
        ({ asked, outcome, reply }) => asked.kind === 'command' && outcome === 'answered' && reply?.status === 409,
      );
      alter(refused, (body) => body.replace(/"code":"[^"]+"/, '"code":"market-closed"'));
    },
  ],
  [
    'a batch counts a refused entry as accepted',
    'answer',
    ({ operations }) => {
      for (const operation of operations) {
        if (operation.asked.kind !== 'batch' || operation.reply?.status !== 200) continue;
        const body = JSON.parse(operation.reply.body) as { results: { status: string; version?: number }[] };
        const index = body.results.findIndex(
          ({ status }, i) => status === 'refused' && body.results[i - 1]?.status === 'accepted',
        );
        if (index < 0) continue;
        body.results[index] = { ...body.results[index - 1], status: 'accepted' };
        return alter(operation, () => JSON.stringify(body));
      }
    },
  ],
  [
    'a read shows a state from before it was asked',
    'order',
    ({ operations }) => alter(lastRead(operations), (body) => body, { version: 20 }),
  ],
  ['a read shows what was not there', 'answer', ({ operations }) => alter(lastRead(operations), () => '{}')],
  [
    'what had its effect was answered as without',
    'effect',
    ({ operations }) => {
      const accepted = operations.find(({ asked, key, attempts, isOneOfMany, reply }) => {
        return asked.kind === 'command' && key !== null && attempts === 1 && !isOneOfMany && hasEvents(reply);
      });
      if (accepted !== undefined) Object.assign(accepted, { outcome: 'failed' });
    },
  ],
  ['a server answers 500', 'fault', ({ operations }) => alter(lastRead(operations), (body) => body, { status: 500 })],
  [
    'a server has another state',
    'hash',
    ({ facts }) => Object.assign(facts.hashes[0] ?? {}, { stateHash: '0'.repeat(64) }),
  ],
  ['a row was changed', 'chain', ({ facts }) => Object.assign(facts, { violation: 'event-changed at 7' })],
];

test.each(lies)('the checker finds it when %s', async (_, kind, lie) => {
  const folder = await mkdtemp(join(tmpdir(), 'seed-lie-'));
  copies.push(folder);
  const files = filesOf(folder, TIMELINE);
  await cp(`${evidence}/round-1`, folder, { recursive: true });
  const told: Evidence = {
    operations: await lines(files.operations),
    events: await lines(files.events),
    facts: JSON.parse(await readFile(files.facts, 'utf8')) as TimelineFacts,
  };
  expect((await checkTimeline(folder, TIMELINE)).violations).toEqual([]);
  const before = JSON.stringify(told);
  lie(told);
  expect(JSON.stringify(told)).not.toBe(before);
  for (const key of ['operations', 'events'] as const) {
    await writeFile(files[key], told[key].map((value) => `${JSON.stringify(value)}\n`).join(''));
  }
  await writeFile(files.facts, JSON.stringify(told.facts));
  expect((await checkTimeline(folder, TIMELINE)).violations.map((violation) => violation.kind)).toContain(kind);
});

async function lines<Value>(path: string): Promise<Value[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Value);
}

/** Puts the first such event behind the head again, as if another command had written it. */
function append(events: Evidence['events'], isIt: (event: Evidence['events'][number]) => boolean): void {
  const event = events.find(isIt);
  const last = events.at(-1);
  if (event === undefined || last === undefined) return;
  events.push({ ...last, ...event, version: last.version + 1, commandId: '00000000-0000-7000-8000-000000000000' });
}

function alter(operation: Operation | undefined, body: (text: string) => string, more: Partial<Reply> = {}): void {
  if (operation?.reply != null) Object.assign(operation.reply, { body: body(operation.reply.body) }, more);
}

const hasEvents = (reply: Reply | null): boolean =>
  reply !== null && reply.status < 300 && reply.body.includes('"type":');

/** The last read of an agent that was answered from a fresh state. */
const lastRead = (operations: readonly Operation[]): Operation | undefined =>
  operations.findLast(
    ({ asked, reply }) =>
      asked.kind === 'read' && asked.path.startsWith('agents/') && reply?.status === 200 && reply.staleMs === null,
  );
