import type { Command } from 'commander';
import { assertConfirmable, confirm } from '../confirmation.js';
import { withDesk } from '../desk/open-desk.js';
import type { Answer, Session } from '../session.js';
import { recordedChange, type ChangeOptions, type RecordedOptions } from './options.js';
import { parseTimelineName } from './timeline-option.js';

interface RemoveOptions extends ChangeOptions, RecordedOptions {
  readonly confirm?: string;
}

const help = `
Its log, labels and snapshots are gone for good, and its name stays taken. One that others stand on stays. On a terminal
its name has to be typed; elsewhere --confirm with the name is needed.

Examples:
  npm run seed -- forks remove WHAT-IF
  npm run --silent seed -- forks remove WHAT-IF --confirm WHAT-IF --json`;

export function addRemoveFork(forks: Command, session: Session): void {
  const command = forks
    .command('remove')
    .description('remove a timeline for good')
    .argument('<timeline>', 'its name', parseTimelineName)
    .option('--confirm <name>', 'its name once more, so that nothing is asked');
  recordedChange(command, help).action((timeline: string, options: RemoveOptions) =>
    session.answer(options, () => remove(timeline, options, session)),
  );
}

async function remove(timeline: string, options: RemoveOptions, session: Session): Promise<Answer> {
  const confirmation = { word: timeline, given: options.confirm };
  assertConfirmable(session, confirmation);
  return withDesk(session, options, async (desk) => {
    await confirm(session, confirmation, `${timeline} will be gone for good.`);
    await desk.remove(timeline, options.key);
    return { facts: { timeline, removed: true }, lines: [`${timeline} was removed.`] };
  });
}
