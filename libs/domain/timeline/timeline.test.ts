import { expect, test } from '@jest/globals';
import { readState, uncoveredText } from '../canonical/canonical.js';
import { textOf } from '../testing/simulation.js';
import { given, marketCreated, timelineCreated, type Given } from '../testing/specification.js';
import { micro, TIME_MAX_MS } from '../units.js';
import { readStoredEvent } from '../upcasting/upcast.js';
import { timelineTimeMs } from './clock.js';
import type { ForkTerms } from './commands.js';
import { decideFork } from './decide.js';

const wall = given({ type: 'TimelineCreated', data: { ...virtualData(), clock: 'wall' } });

function virtualData() {
  const created = timelineCreated();
  if (created.type !== 'TimelineCreated') throw new Error(created.type);
  return created.data;
}

test('a timeline is created with its settings, the defaults for those that are not given', () => {
  given()
    .when({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 7, apyPpm: 1, settings: { liquidity: micro(5n) } })
    .thenEvents(timelineCreated({ startAtMs: 7, apyPpm: 1, settings: { liquidity: micro(5n) } }));
});

test('a wall clock starts now, wherever it was asked to start', () => {
  const { decision } = given().when({ type: 'CreateTimeline', clock: 'wall', startAtMs: 7 }, { nowMs: 99 });
  expect(decision).toMatchObject({ events: [{ atMs: 99, data: { clock: 'wall', startAtMs: 99 } }] });
});

test.each([-1, TIME_MAX_MS + 1])('no timeline starts at %i ms', (startAtMs) => {
  given().when({ type: 'CreateTimeline', clock: 'virtual', startAtMs }).thenRefused('time-limit-reached');
});

test('a virtual clock moves forward only, and no further than the year 9999', () => {
  const spec = given(timelineCreated({ startAtMs: 100 }));
  spec.when({ type: 'AdvanceClock', toMs: 99 }).thenRefused('clock-backwards');
  spec.when({ type: 'AdvanceClock', toMs: 100 }).thenNothing();
  spec.when({ type: 'AdvanceClock', byMs: 5 }).thenEvents({ type: 'ClockAdvanced', data: { toMs: 105 } });
  spec.when({ type: 'AdvanceClock', toMs: TIME_MAX_MS + 1 }).thenRefused('time-limit-reached');
});

test('a wall clock cannot be advanced', () => {
  wall.when({ type: 'AdvanceClock', byMs: 5 }).thenRefused('clock-not-virtual');
});

test('what falls due on the way happens at its own time', () => {
  const spec = given(
    timelineCreated(),
    marketCreated('a', { expiresAtMs: 30 }),
    marketCreated('b', { expiresAtMs: 31 }),
  );
  expect(spec.when({ type: 'AdvanceClock', toMs: 30 }).decision).toMatchObject({
    events: [
      { type: 'MarketClosed', atMs: 30, data: { marketId: 'a', reason: 'expired' } },
      { type: 'ClockAdvanced', atMs: 30 },
    ],
  });
});

test('time never runs backwards in a log', () => {
  expect(() => given(timelineCreated({ startAtMs: 5 }), { type: 'ClockAdvanced', data: { toMs: 4 }, atMs: 4 })).toThrow(
    'ClockAdvanced at 4, before 5',
  );
});

const fork = (terms: ForkTerms = {}) => decideFork({ atMs: 70, databaseMs: 1_000 }, terms);

test('a fork stands at the time of its fork version, on a virtual clock unless asked otherwise', () => {
  expect(fork()).toEqual({ type: 'TimelineForked', atMs: 70, data: { clock: 'virtual', offsetMs: 0 } });
});

test('a fork on the wall clock runs on from its own time, or from now if that is asked for', () => {
  expect(fork({ clock: 'wall', reason: 'what if' }).data).toEqual({ clock: 'wall', offsetMs: -930, reason: 'what if' });
  expect(fork({ clock: 'wall', runsFrom: 'now' }).data).toEqual({ clock: 'wall', offsetMs: 0 });
  const { state } = given(timelineCreated({ startAtMs: 70 }), fork({ clock: 'wall' }));
  expect([1_000, 1_005, 900].map((databaseMs) => timelineTimeMs(state, databaseMs))).toEqual([70, 75, 70]);
  const late = given(timelineCreated({ startAtMs: TIME_MAX_MS - 5 }), {
    ...decideFork({ atMs: TIME_MAX_MS - 5, databaseMs: 0 }, { clock: 'wall' }),
  });
  expect([4, 5, 6].map((databaseMs) => timelineTimeMs(late.state, databaseMs))).toEqual([
    TIME_MAX_MS - 1,
    TIME_MAX_MS,
    TIME_MAX_MS,
  ]);
});

test('a fork of a fork counts its own offset, and a fork of before there were any has none', () => {
  const first = fork({ clock: 'wall' });
  const second = { ...decideFork({ atMs: 80, databaseMs: 500_000 }, { clock: 'wall' }) };
  const { state } = given(timelineCreated({ startAtMs: 70 }), first, second);
  expect(timelineTimeMs(state, 500_003)).toBe(83);
  const old = readStoredEvent({ type: 'TimelineForked', schemaVersion: 1, data: '{"clock":"wall"}' });
  expect(old).toEqual({
    kind: 'read',
    event: { type: 'TimelineForked', data: { clock: 'wall', offsetMs: 0 } },
  });
});

test('an offset that is no whole number stops the log', () => {
  const data = { clock: 'wall', offsetMs: Number.NaN } as const;
  expect(() => given(timelineCreated(), { type: 'TimelineForked', data })).toThrow('forking with an offset of NaN ms');
});

test('every clock stands still in a timeline that has ended, and a virtual one always', () => {
  const ended = [[], [completed], [archived], [completed, archived]];
  const times = (created: Given) => ended.map((events) => timelineTimeMs(given(created, ...events).state, 99));
  expect(times(timelineCreated({ startAtMs: 7 }))).toEqual([7, 7, 7, 7]);
  expect(times({ type: 'TimelineCreated', data: { ...virtualData(), clock: 'wall' }, atMs: 7 })).toEqual([99, 7, 7, 7]);
});

test('a fork changes the settings it names and nothing else that a hash covers', () => {
  const parent = given(timelineCreated({ startAtMs: 70 }));
  const same = given(timelineCreated({ startAtMs: 70 }), fork());
  expect(textOf(same.state)).toBe(textOf(parent.state));
  const other = given(timelineCreated({ startAtMs: 70 }), fork({ settings: { liquidity: micro(7n), feeBps: 1 } }));
  expect(other.state.settings).toEqual({ ...parent.state.settings, liquidity: 7n, feeBps: 1 });
});

const completed = { type: 'TimelineCompleted', data: { result: { winner: 'ann' } } } as const;
const archived = { type: 'TimelineArchived', data: {} } as const;

test('a completed timeline keeps its result and can only be archived', () => {
  const spec = given(timelineCreated(), completed);
  expect(spec.state.lifecycle).toMatchObject({ status: 'completed', result: { winner: 'ann' } });
  spec.when({ type: 'AdvanceClock', byMs: 5 }).thenRefused('timeline-not-active');
  spec.when({ type: 'CompleteTimeline', result: null }).thenRefused('timeline-not-active');
  spec.when({ type: 'ArchiveTimeline' }).thenEvents(archived);
  given(timelineCreated()).when({ type: 'CompleteTimeline', result: completed.data.result }).thenEvents(completed);
});

test('an archived timeline takes no commands, and a fork of it does', () => {
  const spec = given(timelineCreated(), completed, archived);
  expect(spec.state.lifecycle).toMatchObject({ status: 'archived', result: { winner: 'ann' } });
  spec.when({ type: 'ArchiveTimeline' }).thenRefused('timeline-not-active');
  given(timelineCreated(), archived, { ...decideFork({ atMs: 0, databaseMs: 0 }, {}) })
    .when({ type: 'AdvanceClock', byMs: 5 })
    .thenEvents({ type: 'ClockAdvanced', data: { toMs: 5 } });
});

test('neither clock, status nor result are covered by the hash, and a snapshot keeps them', () => {
  const active = given(timelineCreated({ startAtMs: 70 }));
  const { state } = given(timelineCreated({ startAtMs: 70 }), fork({ clock: 'wall' }), completed, archived);
  expect(textOf(state)).toBe(textOf(active.state));
  expect(state.lifecycle).toMatchObject({ offsetMs: -930 });
  expect(readState(textOf(state), [...uncoveredText(state)].join('')).lifecycle).toEqual(state.lifecycle);
});
