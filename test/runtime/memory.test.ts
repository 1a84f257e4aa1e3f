import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command, DocumentName } from '#domain';
import { MemoryShort, type MemoryStatus, type Outcome } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { createVirtual, deposit, openTestProcess, register, run, type TestProcess } from './harness.js';

/** All states together; one timeline may take half of it. */
const LIMIT = 2_000_000;
const DOCUMENT = 200_000;

let database: TestDatabase;
let small: TestProcess;
/** Another process without these limits, which writes what the small one has to bear. */
let large: TestProcess;
const reported: MemoryStatus[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  large = await openTestProcess(database.url, { documentBytesMax: 1e9 });
  small = await openTestProcess(database.url, {
    documentBytesMax: 1e9,
    statesBytesMax: LIMIT,
    reports: { memoryShort: (memory) => reported.push(memory) },
  });
});
afterAll(async () => {
  await small.stop();
  await large.stop();
  await database.drop();
});

const save = (name: string, letter = 'x', length = DOCUMENT): Command => ({
  type: 'SaveDocument',
  name: name as DocumentName,
  text: JSON.stringify(letter.repeat(length)),
});

async function fill(process: TestProcess, timeline: string, documents: number, letter?: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let i = 0; i < documents; i += 1) outcomes.push(await run(process, timeline, save(`d${i}`, letter)));
  return outcomes;
}

const loaded = () => small.runtime.status().timelines.map(({ name }) => name);
const used = () => small.runtime.status().memory.usedBytes;
const size = ({ runtime }: TestProcess, timeline: string): Promise<number> =>
  runtime.read(timeline, {}, ({ state }) => state.bytes);

test('a timeline grows to its part of the memory, and goes on with what does not make it larger', async () => {
  await createVirtual(small, 'FULL');
  await run(small, 'FULL', register('ann', 5));
  const outcomes = await fill(small, 'FULL', 6);
  expect(outcomes.map(({ status }) => status)).toEqual([...Array<string>(4).fill('accepted'), 'refused', 'refused']);
  expect(outcomes[5]).toMatchObject({ refusal: { code: 'timeline-full' } });
  expect((await run(small, 'FULL', deposit('ann', 1))).status).toBe('accepted');
  expect((await run(small, 'FULL', save('d0', 'y', DOCUMENT - 10))).status).toBe('accepted');
  expect(await run(small, 'FULL', save('d9', 'ж', DOCUMENT / 2))).toMatchObject({ refusal: { code: 'timeline-full' } });
  expect((await run(small, 'FULL', { type: 'RemoveDocument', name: 'd0' as DocumentName })).status).toBe('accepted');
  expect((await run(small, 'FULL', save('d9', 'ж', DOCUMENT / 2))).status).toBe('accepted');
});

test('what is idle gives its place to what is asked for, and never more is held than there may be', async () => {
  for (const name of ['ONE', 'TWO', 'THREE']) {
    await createVirtual(small, name);
    await fill(small, name, 4);
    expect(used()).toBeLessThanOrEqual(LIMIT);
  }
  for (const name of ['ONE', 'TWO', 'THREE', 'ONE']) {
    expect(await size(small, name)).toBeGreaterThan(4 * DOCUMENT);
    expect(used()).toBeLessThanOrEqual(LIMIT);
    expect(loaded()).toContain(name);
  }
  expect(loaded()).not.toContain('TWO');
  expect(reported).toEqual([]);
});

test('a state that is read out of a snapshot takes what it took before, and so does one that is folded', async () => {
  await createVirtual(large, 'MIXED');
  await run(large, 'MIXED', register('an agent with a long name', 1));
  await run(large, 'MIXED', save('cyrillic', 'ж', 1_000));
  await run(large, 'MIXED', save('latin', 'x', 300_000));
  const before = await size(large, 'MIXED');
  expect(before).toBeLessThan(320_000);
  await large.runtime.takeSnapshot('MIXED');
  expect(await size(small, 'MIXED')).toBe(before);
  const pastSize = await small.runtime.past.read('MIXED', { version: 3 }, ({ state }) => state.bytes);
  expect(pastSize).toBeLessThan(10_000);
});

test('what has no room is refused at once, whoever asks and for whatever; the others go on', async () => {
  await createVirtual(large, 'HUGE');
  await fill(large, 'HUGE', 12);
  const { version } = await large.runtime.takeSnapshot('HUGE');
  await run(large, 'HUGE', register('ann', 1));
  for (let i = 0; i < 3; i += 1) await expect(size(small, 'HUGE')).rejects.toThrow(MemoryShort);
  await expect(small.runtime.past.read('HUGE', { version }, () => 0)).rejects.toThrow(MemoryShort);
  await expect(small.runtime.past.verify('HUGE', [])).rejects.toThrow(MemoryShort);
  await expect(run(small, 'HUGE', deposit('ann', 1))).rejects.toThrow(MemoryShort);
  expect(await size(small, 'ONE')).toBeGreaterThan(4 * DOCUMENT);
  expect((await run(small, 'ONE', register('ben', 1))).status).toBe('accepted');
  expect(reported).toHaveLength(1);
  expect(small.runtime.status().memory.refusals).toBeGreaterThan(3);
  expect(used()).toBeLessThanOrEqual(LIMIT);
});

test('a timeline that another process makes too large leaves memory, and comes back when it is small again', async () => {
  await createVirtual(large, 'GROWS');
  await fill(large, 'GROWS', 1);
  expect(await size(small, 'GROWS')).toBeGreaterThan(DOCUMENT);
  await fill(large, 'GROWS', 12);
  await expect(run(small, 'GROWS', register('ann', 1))).rejects.toThrow(MemoryShort);
  expect(loaded()).not.toContain('GROWS');
  expect(used()).toBeLessThanOrEqual(LIMIT);
  expect(await size(small, 'ONE')).toBeGreaterThan(4 * DOCUMENT);
});
