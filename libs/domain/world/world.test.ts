import { expect, test } from '@jest/globals';
import { given, timelineCreated } from '../testing/specification.js';
import { EVENT_LOG_LINES_MAX } from './state.js';

const fresh = given(timelineCreated());

test('only what differs is recorded', () => {
  const tense = { globalTensionPpm: 350_000, recentReasoning: 'Talks resumed.' };
  const { state } = fresh
    .when({ type: 'RecordWorldState', ...tense, appendLines: ['a'] })
    .thenEvents({ type: 'WorldStateRecorded', data: { ...tense, appendLines: ['a'] } });
  expect(state.world).toEqual({ ...tense, eventLog: ['a'] });
  given(timelineCreated(), { type: 'WorldStateRecorded', data: tense })
    .when({ type: 'RecordWorldState', ...tense, recentReasoning: 'War.' })
    .thenEvents({ type: 'WorldStateRecorded', data: { recentReasoning: 'War.' } });
});

test('nothing new is nothing to record', () => {
  fresh.when({ type: 'RecordWorldState', globalTensionPpm: 0, recentReasoning: '', appendLines: [] }).thenNothing();
});

test('the event log keeps its last 1,000 lines', () => {
  const lines = Array.from({ length: EVENT_LOG_LINES_MAX + 3 }, (_, i) => `line ${i}`);
  const { state } = fresh.when({ type: 'RecordWorldState', appendLines: lines });
  expect(state.world.eventLog).toEqual(lines.slice(3));
});
