import { accept, at, type Decision, type DecisionContext } from '../decision.js';
import type { State } from '../state.js';
import type { RecordWorldState } from './commands.js';

/** Only what differs is recorded; a command that changes nothing records nothing. */
export function decideRecordWorldState(
  { world }: State,
  command: RecordWorldState,
  { nowMs }: DecisionContext,
): Decision {
  const { globalTensionPpm, recentReasoning, appendLines = [] } = command;
  const data = {
    ...(globalTensionPpm !== undefined && globalTensionPpm !== world.globalTensionPpm && { globalTensionPpm }),
    ...(recentReasoning !== undefined && recentReasoning !== world.recentReasoning && { recentReasoning }),
    ...(appendLines.length > 0 && { appendLines }),
  };
  return Object.keys(data).length === 0 ? accept() : accept(at(nowMs, { type: 'WorldStateRecorded', data }));
}
