import { invariant } from '../invariant.js';
import type { State } from '../state.js';
import { fromText } from '../units.js';
import type { TimelineArchived, TimelineCompleted, TimelineCreated, TimelineForked } from './events.js';

export function evolveTimelineCreated(state: State, { data }: TimelineCreated, atMs: number): void {
  const { status } = state.lifecycle;
  invariant(status === 'absent', () => `creating a timeline that is ${status}`);
  state.lifecycle = { status: 'active', clock: data.clock, offsetMs: 0, createdAtMs: atMs };
  state.settings = { ...data.settings, liquidity: fromText(data.settings.liquidity) };
  state.yieldAccount = { ...state.yieldAccount, apyPpm: data.apyPpm, computedMs: data.startAtMs };
}

/** A fork of what was completed or archived is active again. */
export function evolveTimelineForked(state: State, { data }: TimelineForked, atMs: number): void {
  const { status } = state.lifecycle;
  invariant(status !== 'absent', () => `forking a timeline that is ${status}`);
  const { clock, offsetMs } = data;
  invariant(Number.isSafeInteger(offsetMs), () => `forking with an offset of ${offsetMs} ms`);
  state.lifecycle = { status: 'active', clock, offsetMs, createdAtMs: atMs };
  const { liquidity, ...settings } = data.settings ?? {};
  state.settings = {
    ...state.settings,
    ...settings,
    ...(liquidity !== undefined && { liquidity: fromText(liquidity) }),
  };
}

export function evolveTimelineCompleted(state: State, { data }: TimelineCompleted): void {
  const { lifecycle } = state;
  invariant(lifecycle.status === 'active', () => `completing a timeline that is ${lifecycle.status}`);
  state.lifecycle = { ...lifecycle, status: 'completed', result: data.result };
}

export function evolveTimelineArchived(state: State, _event: TimelineArchived): void {
  const { lifecycle } = state;
  invariant(
    lifecycle.status === 'active' || lifecycle.status === 'completed',
    () => `archiving a timeline that is ${lifecycle.status}`,
  );
  const result = lifecycle.status === 'completed' ? lifecycle.result : null;
  state.lifecycle = { ...lifecycle, status: 'archived', result };
}
