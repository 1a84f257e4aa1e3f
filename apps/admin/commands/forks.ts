import type { Command } from 'commander';
import { withDesk } from '../desk/open-desk.js';
import { familyOf, treeLines } from '../forks/tree.js';
import type { Answer, Session } from '../session.js';
import { addArchiveFork, addCompleteFork } from './forks-end.js';
import { addPruneForks } from './forks-prune.js';
import { addRemoveFork } from './forks-remove.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseTimelineName } from './timeline-option.js';

const help = `
Examples:
  npm run seed -- forks                          # all timelines, as trees
  npm run seed -- forks LAB                      # what LAB stands on, and what stands on it
  npm run seed -- forks complete WHAT-IF --result '{"won":"ann"}'
  npm run seed -- forks prune --older-than 7d --dry-run`;

const listHelp = `
Examples:
  npm run seed -- forks
  npm run seed -- forks list LAB
  npm run --silent seed -- forks LAB --json`;

export function addForks(seed: Command, session: Session): void {
  const forks = seed
    .command('forks')
    .description('Show timelines and their forks as trees; end, remove and prune forks')
    .usage('[timeline] | <command>')
    .addHelpText('after', help);
  addList(forks, session);
  addCompleteFork(forks, session);
  addArchiveFork(forks, session);
  addRemoveFork(forks, session);
  addPruneForks(forks, session);
}

function addList(forks: Command, session: Session): void {
  const command = forks
    .command('list', { isDefault: true })
    .description('show them, with version and status')
    .argument('[timeline]', 'only what it stands on and what stands on it', parseTimelineName);
  deskCommand(command, listHelp).action((timeline: string | undefined, options: DeskOptions) =>
    session.answer(options, () => list(timeline, options, session)),
  );
}

const list = (timeline: string | undefined, options: DeskOptions, session: Session): Promise<Answer> =>
  withDesk(session, options, async (desk) => {
    const all = await desk.timelines();
    const items = timeline === undefined ? all : familyOf(all, timeline);
    return {
      facts: { items, nextCursor: null },
      lines: items.length === 0 ? ['There is no timeline.'] : treeLines(items),
    };
  });
