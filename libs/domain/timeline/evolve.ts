import { invariant } from '../invariant.js';
import type { State } from '../state.js';
import { fromText } from '../units.js';
import type { TimelineCreated } from './events.js';

export function evolveTimelineCreated(state: State, { data }: TimelineCreated, atMs: number): void {
  const { status } = state.lifecycle;
  invariant(status === 'absent', () => `creating a timeline that is ${status}`);
  state.lifecycle = { status: 'active', clock: data.clock, createdAtMs: atMs };
  state.settings = { ...data.settings, liquidity: fromText(data.settings.liquidity) };
  state.yieldAccount = { ...state.yieldAccount, apyPpm: data.apyPpm, computedMs: data.startAtMs };
}
