import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Command } from '#domain';
import { LogUnavailable, type EventLog } from '#event-log';
import type { RuntimeOptions } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import {
  bend,
  createVirtual,
  deposit,
  fingerprint,
  market,
  openTestProcess,
  register,
  requestKey,
  run,
  type TestProcess,
} from './harness.js';

/** What a second pair of eyes found: retries, late answers and failures that met each other. */
let database: TestDatabase;
let plain: TestProcess;
const opened: TestProcess[] = [];
let timelines = 0;
let t: string;

async function openBent(
  methods: (log: EventLog) => Partial<EventLog>,
  overrides: Partial<RuntimeOptions> = {},
): Promise<TestProcess> {
  const process = await openTestProcess(database.url, overrides, (log) => bend(log, methods(log)));
  opened.push(process);
  return process;
}

beforeAll(async () => {
  database = await createTestDatabase();
  plain = await openTestProcess(database.url);
});

beforeEach(async () => {
  timelines += 1;
  t = `R${timelines}`;
  await createVirtual(plain, t);
  await run(plain, t, register('ann', 100));
});

afterAll(async () => {
  for (const process of opened) await process.stop();
  await plain.stop();
  await database.drop();
});

test.each([
  ['registrations, which would be refused', (i: number): Command => register(`bot-${i}`, 1)],
  ['deposits, which would be taken again', (): Command => deposit('ann', 1)],
])(
  'a batch of more keyed entries than a commit takes is answered alike when it is sent again: %s',
  async (_, command) => {
    const entries = Array.from({ length: 1_300 }, (_entry, i) => ({
      command: command(i),
      key: requestKey(`${t}-${i}`),
    }));
    const batch = { entries, actor: 'test', key: null, expectedVersion: null, atomic: false };
    const first = await plain.runtime.executeBatch(t, batch);
    const { version } = await fingerprint(plain, t);
    const again = await plain.runtime.executeBatch(t, batch);
    if (first.status !== 'done' || again.status !== 'done') throw new Error('the batch was not done');
    expect(first.outcomes.every(({ status }) => status === 'accepted')).toBe(true);
    expect(again.outcomes).toEqual(first.outcomes.map((outcome) => ({ ...outcome, repeated: true })));
    expect((await fingerprint(plain, t)).version).toBe(version);
  },
);

test('a key that another process burns before the lock is had is answered, not refused', async () => {
  let beforeLock: (() => Promise<unknown>) | null = null;
  const mine = await openBent(
    (log) => ({
      lockHead: async (id) => {
        const first = beforeLock;
        beforeLock = null;
        await first?.();
        return log.lockHead(id);
      },
    }),
    { followPollMs: 3_600_000 },
  );
  await run(mine, t, deposit('ann', 1));
  await run(plain, t, deposit('ann', 1));
  await run(mine, t, deposit('ann', 1));
  expect(mine.runtime.status().timelines[0]).toMatchObject({ lostAppends: 1 });
  const key = requestKey(`${t}-alice`);
  beforeLock = () => run(plain, t, register('alice', 1), { key });
  expect(await run(mine, t, register('alice', 1), { key })).toMatchObject({ status: 'accepted', repeated: true });
  expect(beforeLock).toBeNull();
});

test('one late answer of the database is no wrong clock', async () => {
  let lateMs = 0;
  const process = await openBent(
    (log) => ({
      append: async (request) => {
        const outcome = await log.append(request);
        return outcome.status === 'appended'
          ? { ...outcome, databaseTimeMs: outcome.databaseTimeMs - lateMs }
          : outcome;
      },
    }),
    { followPollMs: 3_600_000 },
  );
  await fingerprint(process, t);
  lateMs = 6_000;
  await run(process, t, deposit('ann', 1));
  lateMs = 0;
  expect(await run(process, t, deposit('ann', 1))).toMatchObject({ status: 'accepted' });
});

test('what falls due while the database is away fails the command at once, and is not tried in a circle', async () => {
  let shiftMs = 0;
  let away = false;
  let appends = 0;
  const process = await openBent(
    (log) => ({
      databaseTimeMs: async () => (await log.databaseTimeMs()) + shiftMs,
      confirm: async (...asked) => {
        const confirmation = await log.confirm(...asked);
        return { ...confirmation, databaseTimeMs: confirmation.databaseTimeMs + shiftMs };
      },
      append: async (request) => {
        appends += 1;
        if (away) throw new LogUnavailable('away');
        return log.append(request);
      },
    }),
    {
      tickMs: 3_600_000,
      followPollMs: 3_600_000,
      processClock: { dateMs: () => Date.now() + shiftMs, monotonicMs: () => performance.now() },
    },
  );
  const name = `${t}-wall`;
  await process.runtime.createTimeline({
    name,
    commands: [{ type: 'CreateTimeline', clock: 'wall' }],
    actor: 'test',
    key: null,
  });
  await run(process, name, { type: 'CreateMarket', marketId: market('M'), title: 'Rain?', duration: 'micro' });
  shiftMs = 25 * 3_600_000;
  await fingerprint(process, name);
  away = true;
  appends = 0;
  await expect(run(process, name, register('bob', 1))).rejects.toThrow(LogUnavailable);
  expect(appends).toBe(1);
  away = false;
  expect(await run(process, name, register('bob', 1))).toMatchObject({ status: 'accepted' });
});

test('a rewound log that cannot be read again is asked once for each who needs it, and the process can stop', async () => {
  let away = false;
  let finds = 0;
  const process = await openBent(
    (log) => ({
      findTimeline: async (name) => {
        if (!away) return log.findTimeline(name);
        finds += 1;
        throw new LogUnavailable('away');
      },
      confirm: async (...asked) => {
        const confirmation = await log.confirm(...asked);
        return away ? { ...confirmation, head: { ...confirmation.head, version: 0 } } : confirmation;
      },
    }),
    { followPollMs: 3_600_000 },
  );
  await fingerprint(process, t);
  away = true;
  expect(await process.runtime.read(t, {}, ({ staleMs }) => staleMs)).not.toBeNull();
  expect(finds).toBeLessThanOrEqual(2);
  await process.runtime.drain();
});
