import { InvalidArgumentError, Option, type Command } from 'commander';
import { faultOfScope, GRACE_MAX_MS, isScopeEntry, mintKey, ROLES } from '#access';
import type { AccessRole } from '#event-log';
import { formatTime, isName, NAME_WORDS, parseTime, type AccessKeyView } from '#presentation';
import type { KeyToldOnce, KeyWish } from '../access/access-desk.js';
import { withAccess, type AccessWish } from '../access/open-access.js';
import { assertConfirmable, confirm } from '../confirmation.js';
import { misused } from '../failure.js';
import type { Answer, Session } from '../session.js';
import { parseDuration } from './durations.js';
import { recordedCommand, type RecordedOptions } from './options.js';
import { parseId } from './parsers.js';

interface KeysOptions extends RecordedOptions, AccessWish {}

interface CreateOptions extends KeysOptions {
  readonly role: AccessRole;
  readonly agent?: string;
  readonly timeline?: readonly string[];
  readonly expires?: string;
}

interface RotateOptions extends KeysOptions {
  readonly grace?: number;
  readonly expires?: string;
}

interface RevokeOptions extends KeysOptions {
  readonly confirm?: string;
}

const createHelp = `
The key is printed this once: keep it where it is needed, and nowhere else. Without a server the database is brought up to
this build first, so that the first key can be made before the first start. Keys are kept under ACCESS_SECRET.

Examples:
  npm run seed -- keys create me --role admin
  npm run seed -- keys create weather --role operator --timeline 'SEATTLE*' --expires 90d
  npm run --silent seed -- keys create bot-7 --role agent --agent bot-7 --timeline SEATTLE --json`;

const rotateHelp = `
The successor may do what the old key may, and is the same actor. The old one goes on for 24 hours, or as long as --grace
says: 0s ends it at once.

Examples:
  npm run seed -- keys rotate 8VbK2mQx0LfD
  npm run seed -- keys rotate 8VbK2mQx0LfD --grace 1h`;

const revokeHelp = `
It ends at once, and for ever; other processes and open streams learn of it within seconds. On a terminal its id has to be
typed; elsewhere --confirm with the id is needed.

Examples:
  npm run seed -- keys revoke 8VbK2mQx0LfD --reason "the laptop is gone"
  npm run --silent seed -- keys revoke 8VbK2mQx0LfD --confirm 8VbK2mQx0LfD --json`;

const mintHelp = `
Nothing is stored. A server whose ADMIN_KEY is set to it takes it for an admin's.

Examples:
  npm run --silent seed -- keys mint`;

export function addKeys(seed: Command, session: Session): void {
  const keys = seed
    .command('keys')
    .description('Make, list, rotate and revoke access keys')
    .addHelpText('after', '\nSee docs/security.md.');
  addCreate(keys, session);
  addList(keys, session);
  addRotate(keys, session);
  addRevoke(keys, session);
  keys
    .command('mint')
    .description('print a key for ADMIN_KEY')
    .option('--json', 'print JSON')
    .addHelpText('after', mintHelp)
    .action((options: { readonly json?: boolean }) =>
      session.answer(options, () => {
        const { keyId, text } = mintKey();
        return Promise.resolve({ facts: { keyId, text }, lines: [text] });
      }),
    );
}

const keysCommand = (command: Command, help: string): Command =>
  recordedCommand(
    command.option('--database', 'straight to the database, also where a server runs: when no admin’s key is at hand'),
    help,
  );

const expiresOption = (): Option =>
  new Option('--expires <when>', 'a time, or how long from now such as 90d').argParser(parseExpiry);

function addCreate(keys: Command, session: Session): void {
  const command = keys
    .command('create')
    .description('make a key')
    .argument('<name>', 'what people call it', parseName)
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .addOption(new Option('--agent <id>', 'the agent it acts for, with --role agent').argParser(parseId))
    .addOption(
      new Option(
        '--timeline <name>',
        'repeatable; a name, or a beginning with * behind it (default: all timelines)',
      ).argParser(parseScope),
    )
    .addOption(expiresOption());
  keysCommand(command, createHelp).action((name: string, options: CreateOptions) =>
    session.answer(options, () => create(name, options, session)),
  );
}

async function create(name: string, options: CreateOptions, session: Session): Promise<Answer> {
  const { role, agent, timeline, expires } = options;
  const fault = faultOfScope({ role, agentId: agent ?? null, timelines: timeline ?? null });
  if (fault !== undefined) throw misused('scope-invalid', fault);
  const wish: KeyWish = {
    name,
    role,
    ...(agent !== undefined && { agentId: agent }),
    ...(timeline !== undefined && { timelines: timeline }),
    ...(expires !== undefined && { expiresAt: expires }),
  };
  const told = await withAccess(session, options, { bringUp: true, work: (desk) => desk.create(wish) });
  return { facts: told, lines: [...toldLines(told), `It may: ${scopeText(told.key)}`] };
}

function addList(keys: Command, session: Session): void {
  const command = keys.command('list').description('list them, newest first, those that have ended too');
  keysCommand(command, '\nExamples:\n  npm run seed -- keys list').action((options: KeysOptions) =>
    session.answer(options, async () => {
      const items = await withAccess(session, options, { work: (desk) => desk.keys() });
      return {
        facts: { items, nextCursor: null },
        lines: items.length === 0 ? ['There is no key.'] : items.map(keyLine),
      };
    }),
  );
}

function addRotate(keys: Command, session: Session): void {
  const command = keys
    .command('rotate')
    .description('make a successor; the old key goes on for a while')
    .argument('<id>', 'the id of the key', parseId)
    .addOption(new Option('--grace <duration>', 'how long the old key goes on, such as 1h').argParser(parseGrace))
    .addOption(expiresOption());
  keysCommand(command, rotateHelp).action((keyId: string, options: RotateOptions) =>
    session.answer(options, async () => {
      const { grace, expires } = options;
      const wish = {
        ...(grace !== undefined && { graceMs: grace }),
        ...(expires !== undefined && { expiresAt: expires }),
      };
      const told = await withAccess(session, options, { work: (desk) => desk.rotate(keyId, wish) });
      return { facts: told, lines: [...toldLines(told), `The old key ends at ${told.old.expiresAt ?? 'no time'}.`] };
    }),
  );
}

function addRevoke(keys: Command, session: Session): void {
  const command = keys
    .command('revoke')
    .description('end a key at once')
    .argument('<id>', 'the id of the key', parseId)
    .option('--confirm <id>', 'its id once more, so that nothing is asked');
  keysCommand(command, revokeHelp).action((keyId: string, options: RevokeOptions) =>
    session.answer(options, async () => {
      const confirmation = { word: keyId, given: options.confirm };
      assertConfirmable(session, confirmation);
      return withAccess(session, options, {
        work: async (desk) => {
          await confirm(session, confirmation, `Whoever has the key ${keyId} will be let in no more.`);
          const key = await desk.revoke(keyId);
          return { facts: key, lines: [`${key.name} (${keyId}) is revoked, since ${key.revokedAt ?? 'now'}.`] };
        },
      });
    }),
  );
}

/** The key has a line of its own, to be taken whole. */
const toldLines = ({ key, text }: KeyToldOnce): readonly string[] => [
  `The key of ${key.name}, with the id ${key.keyId}; it is told this once:`,
  text,
];

function keyLine(key: AccessKeyView): string {
  const { keyId, name, createdAt, createdBy } = key;
  return `${keyId}  ${stateText(key).padEnd(32)}  ${name}: ${scopeText(key)}; made ${createdAt} by ${createdBy}`;
}

function stateText({ revokedAt, expiresAt, replacedBy }: AccessKeyView): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (expiresAt === null) return 'in force';
  const what = replacedBy === null ? '' : 'rotated, ';
  return Date.parse(expiresAt) <= Date.now() ? `${what}ended ${expiresAt}` : `${what}until ${expiresAt}`;
}

const scopeText = ({ role, agentId, timelines }: AccessKeyView): string =>
  `${role}${agentId === null ? '' : ` ${agentId}`}, ${timelines === null ? 'all timelines' : timelines.join(' ')}`;

function parseName(text: string): string {
  if (isName(text) && text.length > 0 && text.length <= 200) return text;
  throw new InvalidArgumentError(`A name has 1 to 200 characters, ${NAME_WORDS}.`);
}

function parseScope(text: string, before: readonly string[] = []): readonly string[] {
  if (isScopeEntry(text)) return [...before, text];
  throw new InvalidArgumentError('It has to be the name of a timeline, or the beginning of names with * behind it.');
}

function parseExpiry(text: string): string {
  const timeMs = parseTime(text) ?? Date.now() + parseDuration(text);
  if (timeMs <= Date.now()) throw new InvalidArgumentError('It has to be in the future.');
  return formatTime(timeMs);
}

function parseGrace(text: string): number {
  const graceMs = /^0[smhd]?$/.test(text) ? 0 : parseDuration(text);
  if (graceMs <= GRACE_MAX_MS) return graceMs;
  throw new InvalidArgumentError('It has to be 30d at most.');
}
