import { Option, type Command } from 'commander';
import type { ClockKind, ForkStart } from '#domain';
import type { CommandReply } from '#presentation';
import type { ForkSettings, NewFork } from '../desk/desk.js';
import { withDesk } from '../desk/open-desk.js';
import { misused } from '../failure.js';
import type { Answer, Session } from '../session.js';
import { parseSetting, SETTING_NAMES } from './fork-settings.js';
import { changeCommand, type ChangeOptions } from './options.js';
import { parsePlace, parseReason } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

interface ForkOptions extends ChangeOptions {
  readonly at?: NonNullable<NewFork['at']>;
  readonly clock?: ClockKind;
  readonly runsFrom?: ForkStart;
  readonly setting?: ForkSettings;
  readonly reason?: string;
}

const help = `
Nothing is copied, and the parent goes on as if nothing had happened. A fork's clock is virtual and stands at the fork's
time, unless --clock wall is given. A wall clock runs on from the fork's time, so that it stays behind by as much. With
--runs-from now it shows the present: the time between passes in the fork at once, with all its yield and whatever expires.

Examples:
  npm run seed -- fork LAB WHAT-IF
  npm run seed -- fork LAB WHAT-IF --at 42 --reason "the bet of ann never happened"
  npm run seed -- fork SEATTLE DRY-2013 --at 2013-01-01 --setting feeBps=100 --setting liquidity=500`;

export function addFork(seed: Command, session: Session): void {
  const command = seed
    .command('fork')
    .description('Fork a timeline: the new one shares its log up to a version, and goes its own way from there')
    .argument('<parent>', 'the timeline to fork', parseTimelineName)
    .argument('<name>', 'the timeline to make', parseTimelineName)
    .addOption(new Option('--at <version|label>', 'where (default: at its last version)').argParser(parsePlace))
    .addOption(new Option('--clock <kind>', 'what its time runs on').choices(['virtual', 'wall']))
    .addOption(
      new Option(
        '--runs-from <when>',
        'with --clock wall: go on from the fork, or jump to now (default: fork)',
      ).choices(['fork', 'now']),
    )
    .addOption(new Option('--setting <name=value>', `repeatable, of ${SETTING_NAMES}`).argParser(parseSetting))
    .addOption(new Option('--reason <text>', 'why; it is kept in the log').argParser(parseReason(1_000)));
  changeCommand(command, help).action((parent: string, name: string, options: ForkOptions) =>
    session.answer(options, () => fork(parent, name, options, session)),
  );
}

function fork(parent: string, name: string, options: ForkOptions, session: Session): Promise<Answer> {
  const { at, clock, runsFrom, setting, reason, key, ...where } = options;
  if (runsFrom !== undefined && clock !== 'wall') {
    throw misused('usage', '--runs-from goes with --clock wall alone: a virtual clock stands still.');
  }
  const wanted: NewFork = {
    name,
    ...(at !== undefined && { at }),
    ...(clock !== undefined && { clock }),
    ...(runsFrom !== undefined && { runsFrom }),
    ...(setting !== undefined && { settings: setting }),
    ...(reason !== undefined && { reason }),
  };
  return withDesk(session, where, async (desk) => {
    const reply = await desk.fork(parent, wanted, key);
    return { facts: reply, lines: [forkLine(name, parent, reply)] };
  });
}

function forkLine(name: string, parent: string, { version, result }: CommandReply): string {
  return `${name} is a fork of ${parent} at version ${version - 1}. ${timeLine(result as Timing)}`;
}

interface Timing {
  readonly clock: string;
  readonly offsetMs: number;
  readonly now: string;
}

function timeLine({ clock, offsetMs, now }: Timing): string {
  if (clock === 'virtual') return `Its clock is virtual and stands at ${now}.`;
  if (offsetMs === 0) return `Its clock is the wall's: the time since ${now} passes in it at once.`;
  return `Its clock runs on from ${now}, as fast as the wall's.`;
}
