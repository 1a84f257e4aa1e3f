import { Option, type Command } from 'commander';
import type { TimelineEntryView } from '#presentation';
import { assertConfirmable, confirm } from '../confirmation.js';
import type { Desk } from '../desk/desk.js';
import { withDesk } from '../desk/open-desk.js';
import { Failure } from '../failure.js';
import { prunable } from '../forks/prunable.js';
import type { Answer, Session } from '../session.js';
import { parseDuration } from './durations.js';
import { recordedCommand, type RecordedOptions } from './options.js';

interface PruneOptions extends RecordedOptions {
  readonly olderThan: number;
  readonly dryRun?: boolean;
  readonly confirm?: string;
}

/** What was not removed after all, because it changed meanwhile. */
interface Kept {
  readonly timeline: string;
  readonly code: string;
  readonly message: string;
}

const word = 'prune';

const help = `
Removes the forks that were completed longer ago than that and on which nothing stands that stays, deepest first. What is
active or archived stays, and so does every timeline that is no fork. On a terminal the word ${word} has to be typed;
elsewhere --confirm ${word} is needed.

Examples:
  npm run seed -- forks prune --older-than 7d --dry-run
  npm run --silent seed -- forks prune --older-than 7d --confirm ${word} --json`;

export function addPruneForks(forks: Command, session: Session): void {
  const command = forks
    .command('prune')
    .description('remove completed forks for good that nothing stands on')
    .addOption(
      new Option('--older-than <duration>', 'completed longer ago, such as 7d or 12h')
        .makeOptionMandatory()
        .argParser(parseDuration),
    )
    .option('--dry-run', 'only tell what would go')
    .option('--confirm <word>', `${word}, so that nothing is asked`);
  recordedCommand(command, help).action((options: PruneOptions) =>
    session.answer(options, () => prune(options, session)),
  );
}

async function prune(options: PruneOptions, session: Session): Promise<Answer> {
  const confirmation = { word, given: options.confirm };
  if (options.dryRun !== true) assertConfirmable(session, confirmation);
  return withDesk(session, options, async (desk) => {
    const completedBeforeMs = (await desk.nowMs()) - options.olderThan;
    const going = prunable(await desk.timelines(), { completedBeforeMs });
    const names = going.map(({ name }) => name);
    if (options.dryRun === true) return answerOf({ dryRun: true, timelines: names, kept: [] });
    if (going.length > 0) await confirm(session, confirmation, `These will be gone for good: ${names.join(', ')}.`);
    return removeAll(desk, going, session);
  });
}

/** A fork that somebody stands on by now stays, and so does what it stands on. */
async function removeAll(desk: Desk, going: readonly TimelineEntryView[], session: Session): Promise<Answer> {
  const timelines: string[] = [];
  const kept: Kept[] = [];
  for (const { name } of going) {
    try {
      await desk.remove(name, undefined);
      timelines.push(name);
      session.note(`Removed ${name}.`);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'timeline-has-forks') throw error;
      kept.push({ timeline: name, code: error.code, message: error.message });
    }
  }
  return answerOf({ dryRun: false, timelines, kept });
}

function answerOf(pruned: {
  readonly dryRun: boolean;
  readonly timelines: readonly string[];
  readonly kept: readonly Kept[];
}): Answer {
  const { dryRun, timelines, kept } = pruned;
  const told = dryRun ? 'would be removed' : 'removed';
  return {
    facts: { dryRun, removed: timelines, kept },
    lines: [
      timelines.length === 0
        ? `No fork ${dryRun ? 'would be' : 'was'} removed.`
        : `${timelines.length} ${told}: ${timelines.join(', ')}.`,
      ...kept.map(({ timeline, message }) => `Kept ${timeline}: ${message}`),
    ],
  };
}
