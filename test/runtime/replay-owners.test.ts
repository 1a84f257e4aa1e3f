import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LogUnavailable, type EventLog, type ReplayStore } from '#event-log';
import { Overloaded, type RuntimeOptions } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { until } from '../server.js';
import { bend, createVirtual, openTestProcess, type TestProcess } from './harness.js';
import { dice } from '../dice.js';
import { play } from './history.js';
import { EAGER, ended, gated, recordOf, replayed, startReplay, straightHash } from './replaying.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

let database: TestDatabase;
/** Works on no replay itself. */
let idle: TestProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  idle = await openTestProcess(database.url, { ...EAGER, replaysMax: 0 });
  await createVirtual(idle, 'T');
  await play(idle, 'T', { roll: dice(SEED), batches: 15 });
});

afterAll(async () => {
  await idle.stop();
  await database.drop();
});

/** A process that stops reading commits when it is told to. */
async function openGated(
  overrides: Partial<RuntimeOptions> = {},
  store: (store: ReplayStore) => Partial<ReplayStore> = () => ({}),
) {
  let gate: ReturnType<typeof gated> | undefined;
  const opened = await openTestProcess(database.url, { ...EAGER, ...overrides }, (log: EventLog) => {
    gate = gated(log);
    return bend(log, { readCommits: gate.readCommits, replays: { ...log.replays, ...store(log.replays) } });
  });
  if (gate === undefined) throw new Error('no gate');
  return { ...opened, gate };
}

const worksOn = ({ runtime }: TestProcess, id: string): boolean =>
  runtime.replays.status().some((job) => job.id === id);

describe('a replay is taken over', () => {
  test('from a process that was paused for longer than its lease, and that writes nothing when it goes on', async () => {
    const refused: string[] = [];
    let isPaused = false;
    const paused = await openGated({ replayLeaseMs: 500 }, (store) => ({
      report: async (...of) => {
        while (isPaused) await sleep(20);
        return store.report(...of);
      },
      saveSnapshot: async (...of) => {
        const isSaved = await store.saveSnapshot(...of);
        if (!isSaved) refused.push('snapshot');
        return isSaved;
      },
    }));
    paused.gate.close();
    const { id } = await startReplay(idle, { timeline: 'T', mode: 'rebuild' });
    await until(() => worksOn(paused, id));
    isPaused = true;
    const other = await openTestProcess(database.url, EAGER);
    const finished = await ended(other, id);
    expect(finished).toMatchObject({ status: 'completed', matches: true, attempts: 2 });
    expect(finished.owner).toBe(other.runtime.status().writer);
    const snapshots = await idle.log.listSnapshots((await recordOf(idle, 'T')).timelineId);

    // It folds to the end, and only then learns that somebody else did.
    paused.gate.open();
    await until(() => refused.length > 0);
    isPaused = false;
    await until(() => !worksOn(paused, id));
    expect(refused).toEqual(['snapshot']);
    expect(await idle.runtime.replays.find(id)).toEqual(finished);
    const { timelineId, rebuilds } = await recordOf(idle, 'T');
    expect(rebuilds).toBe(1);
    expect(await idle.log.listSnapshots(timelineId)).toEqual(snapshots);
    await paused.stop();
    await other.stop();
  });

  test('from a process that stops, at once', async () => {
    const stopping = await openGated({ replayLeaseMs: 600_000 });
    stopping.gate.close();
    const { id } = await startReplay(idle, { timeline: 'T', mode: 'verify' });
    await until(() => worksOn(stopping, id));
    const stopped = stopping.stop();
    stopping.gate.open();
    await stopped;
    const other = await openTestProcess(database.url, EAGER);
    expect(await ended(other, id)).toMatchObject({ status: 'completed', matches: true, attempts: 2 });
    await other.stop();
  });

  test('when the database could not be read for a moment', async () => {
    let failures = 0;
    const process = await openTestProcess(database.url, EAGER, (log) =>
      bend(log, {
        readCommits: (range) => {
          if (failures === 1) return log.readCommits(range);
          failures += 1;
          throw new LogUnavailable('for a moment');
        },
      }),
    );
    const replay = await replayed(process, { timeline: 'T', mode: 'verify' });
    expect(replay).toMatchObject({ status: 'completed', matches: true, attempts: 2 });
    await process.stop();
  });
});

describe('a replay is cancelled', () => {
  test('by another process than the one that works on it, and what it was about to do is not done', async () => {
    const working = await openGated();
    const { rebuilds } = await recordOf(idle, 'T');
    working.gate.close();
    const { id } = await startReplay(idle, { timeline: 'T', mode: 'rebuild' });
    await until(() => worksOn(working, id));
    const cancelled = await idle.runtime.replays.cancel(id);
    expect(cancelled).toMatchObject({ status: 'cancelled', etaMs: 0, stateHash: null });
    working.gate.open();
    await until(() => !worksOn(working, id));
    expect(await idle.runtime.replays.find(id)).toEqual(cancelled);
    expect(await idle.runtime.replays.cancel(id)).toEqual(cancelled);
    expect((await recordOf(idle, 'T')).rebuilds).toBe(rebuilds);
    await working.stop();
  });

  test('before any process has taken it', async () => {
    const { id } = await startReplay(idle, { timeline: 'T', mode: 'verify' });
    expect(await idle.runtime.replays.cancel(id)).toMatchObject({ status: 'cancelled', owner: null, attempts: 0 });
  });
});

test('a process works on so many at once and no more, and the rest waits up to a limit', async () => {
  const jobs = await Promise.all(
    Array.from({ length: 16 }, () => startReplay(idle, { timeline: 'T', mode: 'verify' })),
  );
  const oneMore = startReplay(idle, { timeline: 'T', mode: 'verify' });
  await expect(oneMore).rejects.toThrow(Overloaded);
  const working = await openGated({ replaysMax: 3 });
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, working.runtime.replays.status().length)), 1);
  working.gate.close();
  await until(() => working.runtime.replays.status().length === 3);
  working.gate.open();
  const hash = await straightHash(idle, 'T');
  for (const { id } of jobs) {
    expect(await ended(idle, id)).toMatchObject({ status: 'completed', matches: true, attempts: 1, stateHash: hash });
  }
  clearInterval(watching);
  expect(most).toBe(3);
  await working.stop();
});
