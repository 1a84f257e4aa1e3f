import type { Command } from 'commander';
import { refuseOpenDoor, type SettingOrigin } from '#settings';
import { asksOnly } from '../database/open-database.js';
import type { Check } from '../doctor/check.js';
import { checkStrayRows } from '../doctor/stray-rows.js';
import { checkDatabase } from '../doctor/the-database.js';
import { checkServer } from '../doctor/the-server.js';
import { checkDisk, checkEmbedded, checkNode, readBuild } from '../doctor/this-machine.js';
import { checkTimelines, stoppedCheck } from '../doctor/timelines.js';
import { fail, ok } from '../doctor/check.js';
import { EXIT } from '../exit-codes.js';
import { failureOf } from '../failure.js';
import type { Answer, Session } from '../session.js';
import { deskCommand, type DeskOptions } from './options.js';

const help = `
Looks at the settings, Node, the embedded PostgreSQL, the database, its clock and its settings, the disk, the server, the
timelines and rows of none, and tells what to do about each that is not as it should be, and where each setting that is given comes
from. It starts and changes nothing. It ends with 1
if something has failed.

Examples:
  npm run seed -- doctor
  npm run --silent seed -- doctor --json`;

export function addDoctor(seed: Command, session: Session): void {
  const command = seed.command('doctor').description('Find out what is wrong with this installation, and what to do');
  deskCommand(command, help).action((options: DeskOptions) => session.answer(options, () => doctor(options, session)));
}

async function doctor(options: DeskOptions, session: Session): Promise<Answer> {
  const checks = await examine(options, session);
  const hasFailed = checks.some(({ status }) => status === 'fail');
  const settings = originsOf(session);
  return {
    facts: { healthy: !hasFailed, checks, settings },
    lines: [...checks.map(checkLine), ...settings.filter(({ from }) => from !== 'default').map(originLine)],
    exitCode: hasFailed ? EXIT.refused : EXIT.ok,
  };
}

/** None where the file cannot be read, which is a check of its own. */
function originsOf({ surroundings }: Session): readonly SettingOrigin[] {
  try {
    return surroundings.settingOrigins?.() ?? [];
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
    return [];
  }
}

const originLine = ({ variable, from, value }: SettingOrigin): string =>
  `      ${variable}=${value ?? '(not shown)'}, from ${from === '.env' ? 'the file .env' : 'the environment'}`;

async function examine(options: DeskOptions, session: Session): Promise<readonly Check[]> {
  const build = await readBuild(session);
  const node = checkNode(build, process.version);
  const settings = settingsCheck(session, options);
  if (settings.status === 'fail') return [node, settings];
  const { check: serverCheck, server } = await checkServer(options, session, build.version);
  if (asksOnly(session, options)) {
    const stopped = server && stoppedCheck(server.health.stoppedTimelines);
    return [node, settings, serverCheck, stopped].filter((check) => check !== undefined);
  }
  const { checks: databaseChecks, database } = await checkDatabase(session);
  const timelines =
    server !== undefined
      ? stoppedCheck(server.health.stoppedTimelines, server.health.stopped)
      : database && (await checkTimelines(session, database));
  const rows = database && (await checkStrayRows(database));
  const machine = [await checkEmbedded(session), await checkDisk(session)];
  return [node, settings, ...machine, ...databaseChecks, serverCheck, timelines, rows].filter(
    (check) => check !== undefined,
  );
}

/** Nothing more can be said where they cannot be read. */
function settingsCheck(session: Session, options: DeskOptions): Check {
  try {
    const { settings } = session;
    if (!asksOnly(session, options)) refuseOpenDoor(settings);
    return ok('settings', `they can be read, for ${settings.environment}`);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return fail('settings', failure.message.replace(/[.]$/, ''), 'Correct it in the environment or in .env.');
  }
}

function checkLine({ check, status, found, advice }: Check): string {
  return `${status.padEnd(4)}  ${check}: ${found}.${advice === null ? '' : ` ${advice}`}`;
}
