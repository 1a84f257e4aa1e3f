import { Option, type Command } from 'commander';
import type { Label } from '#event-log';
import type { NewLabel } from '../desk/desk.js';
import { withDesk } from '../desk/open-desk.js';
import { misused } from '../failure.js';
import type { Answer, Session } from '../session.js';
import { changeCommand, type ChangeOptions } from './options.js';
import { parseLabel, parseVersion } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

interface LabelOptions extends ChangeOptions {
  readonly at?: number;
}

const help = `
A label stands at the last event of a command, and never moves. A fork has the labels that its parents had before it.

Examples:
  npm run seed -- label LAB                      # list them
  npm run seed -- label LAB BEFORE_RAIN          # name the version it is at now
  npm run seed -- label LAB BEFORE_RAIN --at 42`;

export function addLabel(seed: Command, session: Session): void {
  const command = seed
    .command('label')
    .description('Name a version of a timeline, or list its labels')
    .argument('<timeline>', 'its name', parseTimelineName)
    .argument('[label]', 'the new label; without it the labels are listed', parseLabel)
    .addOption(new Option('--at <version>', 'the version to name (default: the last one)').argParser(parseVersion));
  changeCommand(command, help).action((timeline: string, label: string | undefined, options: LabelOptions) =>
    session.answer(options, () => {
      if (label !== undefined)
        return give(timeline, { label, ...(options.at !== undefined && { version: options.at }) }, options, session);
      if (options.at === undefined) return list(timeline, options, session);
      throw misused('label-missing', 'With --at there has to be a label to give to that version.');
    }),
  );
}

const give = (timeline: string, label: NewLabel, options: LabelOptions, session: Session): Promise<Answer> =>
  withDesk(session, options, async (desk) => {
    const given = await desk.putLabel(timeline, label, options.key);
    return { facts: given, lines: [labelLine(given)] };
  });

const list = (timeline: string, options: LabelOptions, session: Session): Promise<Answer> =>
  withDesk(session, options, async (desk) => {
    const items = await desk.labels(timeline);
    return {
      facts: { items, nextCursor: null },
      lines: items.length === 0 ? [`${timeline} has no label.`] : items.map(labelLine),
    };
  });

const labelLine = ({ label, version, timeline }: Label): string => `${label} names version ${version} of ${timeline}.`;
