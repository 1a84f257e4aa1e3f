import type { State } from '../state.js';
import type { WorldStateRecorded } from './events.js';
import { EVENT_LOG_LINES_MAX } from './state.js';

export function evolveWorldStateRecorded(state: State, { data }: WorldStateRecorded): void {
  const { world } = state;
  const { globalTensionPpm = world.globalTensionPpm, recentReasoning = world.recentReasoning, appendLines = [] } = data;
  const eventLog =
    appendLines.length === 0 ? world.eventLog : [...world.eventLog, ...appendLines].slice(-EVENT_LOG_LINES_MAX);
  state.world = { globalTensionPpm, recentReasoning, eventLog };
}
