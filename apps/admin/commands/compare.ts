import { Option, type Command } from 'commander';
import { withDesk } from '../desk/open-desk.js';
import type { Desk } from '../desk/desk.js';
import type { Answer, Session } from '../session.js';
import { ComparisonSummary } from './compare-summary.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseCursor, parseWhole } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

const pageSize = 1_000;
const balancesByDefault = 10;
const itemsByDefault = 100;

interface CompareOptions extends DeskOptions {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Compared {
  readonly left: string;
  readonly right: string;
}

const help = `
Shows where two timelines come from and part, and what differs at their heads: the money supply, the largest differences
in balances, and how many differences there are of each kind. With --json it prints one page of the differences; the next
one is had by --cursor with its nextCursor, and is of the same two states however the timelines move on.

Examples:
  npm run seed -- compare LAB WHAT-IF
  npm run seed -- compare LAB WHAT-IF --limit 50
  npm run --silent seed -- compare LAB WHAT-IF --json --limit 1000`;

export function addCompare(seed: Command, session: Session): void {
  const command = seed
    .command('compare')
    .description('Show where two timelines part, and what differs')
    .argument('<left>', 'one timeline', parseTimelineName)
    .argument('<right>', 'the other', parseTimelineName)
    .addOption(
      new Option(
        '--limit <n>',
        `how many balances (default: ${balancesByDefault}), or differences in JSON (default: ${itemsByDefault})`,
      ).argParser(parseWhole(1, pageSize)),
    )
    .addOption(new Option('--cursor <cursor>', 'the next page of the differences, in JSON').argParser(parseCursor));
  deskCommand(command, help).action((left: string, right: string, options: CompareOptions) =>
    session.answer(options, () =>
      withDesk(session, options, (desk) => (options.json === true ? page : summary)(desk, { left, right }, options)),
    ),
  );
}

async function page(
  desk: Desk,
  compared: Compared,
  { limit = itemsByDefault, cursor }: CompareOptions,
): Promise<Answer> {
  const facts = await desk.compare({ ...compared, limit, ...(cursor !== undefined && { cursor }) });
  return { facts, lines: [] };
}

async function summary(desk: Desk, compared: Compared, { limit = balancesByDefault }: CompareOptions): Promise<Answer> {
  const first = await desk.compare({ ...compared, limit: pageSize });
  const shown = new ComparisonSummary(first, limit);
  shown.add(first.differences.items);
  for (let cursor = first.differences.nextCursor; cursor !== null;) {
    const { differences } = await desk.compare({ ...compared, limit: pageSize, cursor });
    shown.add(differences.items);
    cursor = differences.nextCursor;
  }
  return { facts: first, lines: shown.lines() };
}
