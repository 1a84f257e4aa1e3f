import { expect, test } from '@jest/globals';
import { LogCorrupt, LogUnavailable } from '#event-log';
import { TimelineStopped, TimelineUnknown } from './contract.js';
import type { LiveTimeline } from './live-timeline.js';
import { LiveTimelines } from './live-timelines.js';
import { MemoryBudget, type Allotment } from './memory-budget.js';
import { memoryLimits } from './memory-limits.js';
import { STOPPED_KEPT_MS } from './stopped-timelines.js';

/** Timelines whose loading the test decides, on a clock that it sets. */
function openTimelines() {
  const control = {
    nowMs: 0,
    loads: 0,
    stops: [] as string[],
    load: (_memory: Allotment): Promise<Partial<LiveTimeline> | undefined> => Promise.resolve(undefined),
  };
  const timelines = new LiveTimelines({
    loadedMax: 8,
    memory: new MemoryBudget(memoryLimits({ statesBytesMax: 1_000 }), { monotonicMs: () => control.nowMs }),
    idleMs: 600_000,
    monotonicMs: () => control.nowMs,
    load: async (_name, memory) => {
      control.loads += 1;
      const loaded = await control.load(memory);
      return loaded && (Object.assign(loaded, { memory }) as LiveTimeline);
    },
    onLoaded: () => undefined,
    onEvicted: () => undefined,
    onForgotten: () => undefined,
    onStopped: (name, { version }) => control.stops.push(`${name} ${version}`),
  });
  return { control, timelines };
}

const unreadable = () => Promise.reject(new TimelineStopped(7, 'version 7 cannot be read'));

test('a log that cannot be read is folded once, not for every request, until it is time to try anew', async () => {
  const { control, timelines } = openTimelines();
  control.load = unreadable;
  for (let i = 0; i < 5; i += 1) await expect(timelines.get('T')).rejects.toThrow('version 7 cannot be read');
  expect([control.loads, control.stops]).toEqual([1, ['T 7']]);
  expect(timelines.stopped()).toMatchObject([{ name: 'T', version: 6, stopped: { version: 7 } }]);
  control.nowMs = STOPPED_KEPT_MS;
  await expect(timelines.get('T')).rejects.toThrow(TimelineStopped);
  expect(control.loads).toBe(2);
});

test('a log that was mended is read again, and no longer listed', async () => {
  const { control, timelines } = openTimelines();
  control.load = unreadable;
  await expect(timelines.get('T')).rejects.toThrow(TimelineStopped);
  control.nowMs = STOPPED_KEPT_MS;
  const mended = { name: 'T', stopped: null };
  control.load = () => Promise.resolve(mended);
  expect(await timelines.get('T')).toBe(mended);
  expect([timelines.stopped(), timelines.all()]).toEqual([[], [mended]]);
});

test('one that stopped while it was live stays listed when it is evicted, and is tried anew when it is asked for', async () => {
  const { control, timelines } = openTimelines();
  const stopped = new TimelineStopped(3, 'version 3 cannot be read');
  control.load = () => Promise.resolve({ name: 'T', stopped, isIdle: true, usedAtMs: 0 });
  await timelines.get('T');
  timelines.evictIdle(STOPPED_KEPT_MS + 1);
  expect(timelines.stopped()).toMatchObject([{ name: 'T', stopped: { version: 3 } }]);
  control.load = () => Promise.resolve({ name: 'T', stopped: null });
  await timelines.get('T');
  expect(timelines.stopped()).toEqual([]);
});

test('a log that contradicts itself stops too, with the position of the contradiction', async () => {
  const { control, timelines } = openTimelines();
  control.load = () => Promise.reject(new LogCorrupt('version 4 is missing', 4));
  await expect(timelines.get('T')).rejects.toMatchObject({ name: 'TimelineStopped', version: 4 });
  expect(control.stops).toEqual(['T 4']);
});

test('a timeline that is not there, or a database that is away, is asked for again by every request', async () => {
  const { control, timelines } = openTimelines();
  await expect(timelines.get('T')).rejects.toThrow(TimelineUnknown);
  control.load = () => Promise.reject(new LogUnavailable('away'));
  await expect(timelines.get('T')).rejects.toThrow(LogUnavailable);
  expect([control.loads, timelines.stopped()]).toEqual([2, []]);
});

test('one that was removed is listed no longer', async () => {
  const { control, timelines } = openTimelines();
  control.load = unreadable;
  await expect(timelines.get('T')).rejects.toThrow(TimelineStopped);
  timelines.forget('T');
  expect(timelines.stopped()).toEqual([]);
});
