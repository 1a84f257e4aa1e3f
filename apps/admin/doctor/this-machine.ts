import { readFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lookAtEmbeddedPostgres, type EmbeddedPostgresLook } from '#embedded-postgres';
import { dataFolder } from '../database/open-database.js';
import { failureOf } from '../failure.js';
import type { Session } from '../session.js';
import { fail, ok, warn, type Check } from './check.js';

const MIB = 1_048_576;
/** Less is hardly a day's work, and PostgreSQL stops at nothing left. */
const freeMib = { warn: 2_048, fail: 256 };

/** What package.json says of this build. */
interface Build {
  readonly version: string;
  readonly engines: { readonly node: string };
}

export const readBuild = async ({ surroundings }: Session): Promise<Build> =>
  JSON.parse(await readFile(join(surroundings.projectFolder, 'package.json'), 'utf8')) as Build;

/** Whether this Node is one that the build was made for. */
export function checkNode({ engines }: Build, running: string): Check {
  const [wanted, found] = [numbersIn(engines.node), numbersIn(running)];
  const first = wanted.findIndex((number, i) => number !== found[i]);
  const isOlder = first >= 0 && (found[first] ?? 0) < (wanted[first] ?? 0);
  if (!isOlder) return ok('Node', running);
  return fail('Node', running, `Seed needs ${engines.node}: install a newer one.`);
}

const numbersIn = (version: string): readonly number[] => (version.match(/\d+/g) ?? []).map(Number);

/** Who manages the embedded PostgreSQL, and whether it runs. Undefined where the settings name another. */
export async function checkEmbedded(session: Session): Promise<Check | undefined> {
  if (session.settings.databaseUrl !== undefined) return undefined;
  const check = 'embedded PostgreSQL';
  const folder = dataFolder(session);
  try {
    const look = await lookAtEmbeddedPostgres(folder);
    if (look === undefined) return ok(check, `none was started in ${folder} yet`);
    return embeddedCheck(check, look);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return fail(check, `cannot be looked at in ${folder}`, failure.message);
  }
}

function embeddedCheck(check: string, { home, pid, owner }: EmbeddedPostgresLook): Check {
  const isOwned = owner?.isAlive === true;
  if (isOwned && !owner.isHere) {
    const advice = 'Look there, or give this one a DATA_DIR of its own: one folder is never two servers’.';
    return warn(check, `${owner.name} manages it, which cannot be reached from here`, advice);
  }
  if (pid === undefined && isOwned) {
    return warn(check, `does not run, though ${owner.name} manages it`, 'It is starting: look again in a moment.');
  }
  if (pid === undefined && owner !== undefined) {
    const found = `does not run, and ${owner.name}, which managed it, is gone`;
    return warn(check, found, 'Start the server: it clears what the other left, and recovers what was acknowledged.');
  }
  if (pid === undefined) return ok(check, `does not run; its files are in ${home}`);
  if (isOwned) return ok(check, `process ${pid}, managed by ${owner.name}`);
  return warn(check, `process ${pid} runs, and nobody manages it`, 'Start the server: it takes it over as it runs.');
}

/** Room where the embedded PostgreSQL keeps its data. Undefined where the settings name another. */
export async function checkDisk(session: Session): Promise<Check | undefined> {
  if (session.settings.databaseUrl !== undefined) return undefined;
  const look = await lookAtEmbeddedPostgres(dataFolder(session)).catch(() => undefined);
  const { folder, free } = await freeAround(look?.home ?? dataFolder(session));
  const found = `${free} MiB free at ${folder}`;
  if (free >= freeMib.warn) return ok('disk', found);
  const advice = 'Make room, or move DATA_DIR to a larger disk while the server is stopped.';
  return free >= freeMib.fail ? warn('disk', found, advice) : fail('disk', found, advice);
}

/** Of the folder, or of the nearest one above it that exists. */
async function freeAround(folder: string): Promise<{ readonly folder: string; readonly free: number }> {
  const stats = await statfs(folder).catch(() => undefined);
  if (stats === undefined) return freeAround(dirname(folder));
  return { folder, free: Math.floor((stats.bavail * stats.bsize) / MIB) };
}
