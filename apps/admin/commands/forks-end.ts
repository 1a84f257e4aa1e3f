import { Option, type Command } from 'commander';
import type { JsonValue } from '#domain';
import { withDesk } from '../desk/open-desk.js';
import type { Session } from '../session.js';
import { recordedChange, type ChangeOptions, type RecordedOptions } from './options.js';
import { parseJsonValue } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

interface CompleteOptions extends ChangeOptions, RecordedOptions {
  readonly result?: JsonValue;
}

const completeHelp = `
It takes no more commands from then on. Its past stays readable, and it can still be forked and compared.

Examples:
  npm run seed -- forks complete WHAT-IF
  npm run seed -- forks complete WHAT-IF --result '{"won":"ann"}'`;

const archiveHelp = `
It takes no more commands from then on. Its past stays readable. A completed timeline keeps its result.

Examples:
  npm run seed -- forks archive WHAT-IF`;

export function addCompleteFork(forks: Command, session: Session): void {
  const command = forks
    .command('complete')
    .description('end a timeline with a result')
    .argument('<timeline>', 'its name', parseTimelineName)
    .addOption(new Option('--result <json>', 'what came of it, any JSON value').argParser(parseJsonValue));
  recordedChange(command, completeHelp).action((timeline: string, options: CompleteOptions) =>
    session.answer(options, () =>
      withDesk(session, options, async (desk) => {
        const reply = await desk.complete(timeline, options.result, options.key);
        return { facts: reply, lines: [`${timeline} is completed, at version ${reply.version}.`] };
      }),
    ),
  );
}

export function addArchiveFork(forks: Command, session: Session): void {
  const command = forks
    .command('archive')
    .description('put a timeline away')
    .argument('<timeline>', 'its name', parseTimelineName);
  recordedChange(command, archiveHelp).action((timeline: string, options: ChangeOptions & RecordedOptions) =>
    session.answer(options, () =>
      withDesk(session, options, async (desk) => {
        const reply = await desk.archive(timeline, options.key);
        return { facts: reply, lines: [`${timeline} is archived, at version ${reply.version}.`] };
      }),
    ),
  );
}
