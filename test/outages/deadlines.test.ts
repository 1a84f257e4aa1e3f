import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { OutcomeUnknown, type EventLog } from '#event-log';
import { DeadlineExceeded, type RuntimeOptions } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import {
  available,
  bend,
  createVirtual,
  deposit,
  fingerprint,
  openTestProcess,
  register,
  requestKey,
  run,
  units,
  type TestProcess,
} from '../runtime/harness.js';

let database: TestDatabase;
let plain: TestProcess;
const opened: TestProcess[] = [];
let timelines = 0;
let t: string;

async function openBent(
  wrap: (log: EventLog) => EventLog,
  overrides: Partial<RuntimeOptions> = {},
): Promise<TestProcess> {
  const process = await openTestProcess(database.url, overrides, wrap);
  opened.push(process);
  return process;
}

beforeAll(async () => {
  database = await createTestDatabase();
  plain = await openTestProcess(database.url);
});

beforeEach(async () => {
  timelines += 1;
  t = `D${timelines}`;
  await createVirtual(plain, t);
  await run(plain, t, register('ann', 100));
});

afterAll(async () => {
  for (const process of opened) await process.stop();
  await plain.stop();
  await database.drop();
});

/** A process whose appends wait, once told to, until they are released. */
async function openHanging(): Promise<{
  readonly process: TestProcess;
  readonly hang: () => { readonly begun: Promise<void>; readonly release: () => void };
}> {
  let gate: { readonly open: Promise<void>; readonly enter: () => void } | null = null;
  const process = await openBent(
    (log) =>
      bend(log, {
        append: async (request) => {
          gate?.enter();
          await gate?.open;
          return log.append(request);
        },
      }),
    { commandDeadlineMs: 200 },
  );
  await fingerprint(process, t);
  return {
    process,
    hang: () => {
      let [release, enter]: (() => void)[] = [];
      const open = new Promise<void>((resolve) => (release = resolve));
      const begun = new Promise<void>((resolve) => (enter = resolve));
      gate = { open, enter: () => enter?.() };
      return { begun, release: () => release?.() };
    },
  };
}

test('each command is answered by its own deadline: what may take effect as unknown, the rest as never', async () => {
  const { process, hang } = await openHanging();
  const { begun, release } = hang();
  const startedMs = performance.now();
  const under = run(process, t, deposit('ann', 1));
  await begun;
  const behind = run(process, t, deposit('ann', 10));
  await expect(under).rejects.toThrow(OutcomeUnknown);
  await expect(behind).rejects.toThrow(DeadlineExceeded);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  release();
  expect(await run(process, t, deposit('ann', 100))).toMatchObject({ status: 'accepted' });
  expect(await available(process, t, 'ann')).toBe(units(201));
});

test('a key that is sent again waits for what became of the first, and finds it', async () => {
  const { process, hang } = await openHanging();
  const key = requestKey('hangs');
  const { begun, release } = hang();
  const first = run(process, t, deposit('ann', 1), { key });
  await begun;
  await expect(first).rejects.toThrow(OutcomeUnknown);
  await expect(run(process, t, deposit('ann', 1), { key })).rejects.toThrow(DeadlineExceeded);
  const third = run(process, t, deposit('ann', 1), { key });
  release();
  expect(await third).toMatchObject({ status: 'accepted', repeated: true });
  expect(await available(process, t, 'ann')).toBe(units(101));
});

test('a batch is answered by its deadline too, and takes effect as a whole', async () => {
  const { process, hang } = await openHanging();
  const entries = [1, 2, 3].map((amount) => ({ command: deposit('ann', amount), key: null }));
  const { begun, release } = hang();
  const batch = process.runtime.executeBatch(t, {
    entries,
    actor: 'test',
    key: null,
    expectedVersion: null,
    atomic: false,
  });
  await begun;
  await expect(batch).rejects.toThrow(OutcomeUnknown);
  release();
  while ((await available(process, t, 'ann')) !== units(106)) await new Promise(setImmediate);
});

test('a timeline that cannot be loaded in time is a deadline missed too', async () => {
  let release: () => void = () => undefined;
  const loading = new Promise<void>((resolve) => (release = resolve));
  const process = await openBent(
    (log) =>
      bend(log, {
        findTimeline: async (name) => {
          await loading;
          return log.findTimeline(name);
        },
      }),
    { commandDeadlineMs: 100 },
  );
  await expect(run(process, t, deposit('ann', 1))).rejects.toThrow(DeadlineExceeded);
  release();
  expect(await available(process, t, 'ann')).toBe(units(100));
});

test('reads wait two seconds for the database, and are then told how old they are', async () => {
  let hangs = false;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const process = await openBent((log) =>
    bend(log, {
      confirm: async (...asked) => {
        if (hangs) await held;
        return log.confirm(...asked);
      },
      readHeads: async (ids) => {
        if (hangs) await held;
        return log.readHeads(ids);
      },
    }),
  );
  await fingerprint(process, t);
  hangs = true;
  const startedMs = performance.now();
  const staleMs = await process.runtime.read(t, {}, (live) => live.staleMs);
  const tookMs = performance.now() - startedMs;
  expect(staleMs).toBeGreaterThanOrEqual(1_900);
  expect(tookMs).toBeLessThan(4_000);
  while (process.runtime.status().databaseAvailable) await new Promise(setImmediate);
  hangs = false;
  release();
  while (!process.runtime.status().databaseAvailable) await new Promise(setImmediate);
  expect(await process.runtime.read(t, {}, (live) => live.staleMs)).toBeNull();
});
