import { Option, type Command } from 'commander';
import type { AuditView } from '#presentation';
import { withAccess, type AccessWish } from '../access/open-access.js';
import type { Session } from '../session.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseWhole } from './parsers.js';

interface AuditOptions extends DeskOptions, AccessWish {
  readonly limit: number;
}

const help = `
Each action is recorded before it is done, and what became of it afterwards; one without an outcome is under way, or was
cut off. Nobody can change a record.

Examples:
  npm run seed -- audit
  npm run --silent seed -- audit --limit 1000 --json`;

export function addAudit(seed: Command, session: Session): void {
  const command = seed
    .command('audit')
    .description('Show who did what, when and why: admin actions, newest first')
    .addOption(new Option('--limit <n>', 'how many').argParser(parseWhole(1, 100_000)).default(50))
    .option('--database', 'straight to the database, also where a server runs');
  deskCommand(command, help).action((options: AuditOptions) =>
    session.answer(options, async () => {
      const items = await withAccess(session, options, { work: (desk) => desk.audit(options.limit) });
      return { facts: { items }, lines: items.length === 0 ? ['Nothing is recorded.'] : items.map(auditLine) };
    }),
  );
}

function auditLine({ at, who, action, timeline, target, reason, outcome }: AuditView): string {
  const what = [timeline, target].filter((name) => name !== null).join(' ');
  return `${at}  ${(outcome ?? 'no outcome').padEnd(12)}  ${who}  ${action}${what && ` ${what}`}${reason === null ? '' : `: ${reason}`}`;
}
