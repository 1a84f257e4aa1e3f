import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { bySchedule } from '../../apps/admin/backups/schedule.js';

/** When each of three attempts began, from the call on, ms. */
async function begins(everyMs: number, lastMs: number | undefined, lastingMs: number): Promise<readonly number[]> {
  const stopping = new AbortController();
  const calledMs = Date.now();
  const began: number[] = [];
  await bySchedule({ everyMs, lastMs, stopping: stopping.signal }, async () => {
    began.push(Date.now() - calledMs);
    if (began.length === 3) stopping.abort();
    await sleep(lastingMs);
  });
  return began;
}

/** A timer may be a little early, and late at will. */
const tolerance = 5;

test('the first is at once, and each begins a whole time after the one before', async () => {
  const [first = 0, second = 0, third = 0] = await begins(200, undefined, 0);
  expect(second - first).toBeGreaterThanOrEqual(200 - tolerance);
  expect(third - second).toBeGreaterThanOrEqual(200 - tolerance);
});

test('the first is when the last is old enough, but waits one time at most', async () => {
  const [first = 0] = await begins(300, Date.now() - 100, 0);
  expect(first).toBeGreaterThanOrEqual(200 - tolerance);
  const [ahead = 0] = await begins(100, Date.now() + 86_400_000, 0);
  expect(ahead).toBeGreaterThanOrEqual(100 - tolerance);
});

test('times that pass while one is under way are left out', async () => {
  const [first = 0, second = 0] = await begins(100, undefined, 250);
  expect(second - first).toBeGreaterThanOrEqual(300 - tolerance);
});

test('it ends while it waits', async () => {
  const stopping = new AbortController();
  let attempts = 0;
  const going = bySchedule({ everyMs: 86_400_000, stopping: stopping.signal }, () => {
    attempts += 1;
    return Promise.resolve();
  });
  stopping.abort();
  await going;
  expect(attempts).toBeLessThanOrEqual(1);
});
