import type { Problem } from '#presentation';
import { asSentence, refused, type Failure } from '../failure.js';

/** What a problem's own sentence takes for known. */
const before: Readonly<Record<string, string>> = {
  'fork-depth-reached': 'No fork was made.',
  'label-taken': 'A label never moves.',
  'timeline-has-forks': 'Others stand on it, so it stays.',
  'version-ahead': 'There is no such version yet.',
  'version-inside-command': 'That version is inside a command.',
};

/** A problem as something to tell whoever typed the command. */
export function problemFailure({ code, detail }: Problem): Failure {
  const known = before[code];
  const sentence = asSentence(detail);
  return refused(code, known === undefined ? sentence : `${known} ${sentence}`);
}
