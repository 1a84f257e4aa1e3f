import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { SettingsError } from './failure.js';
import { Settings, variableOf } from './settings.js';

/** What the project's file `.env` says; nothing where there is none. @throws SettingsError where it is no text of UTF-8 */
export function readEnvFile(projectFolder: string): Readonly<Record<string, string | undefined>> {
  const path = join(projectFolder, '.env');
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return {};
    }
    throw new SettingsError(`${path} cannot be read.`, { cause: error });
  }
  return parseEnv(decoded(bytes, path));
}

/** Without the byte-order mark that some editors begin a file with: it would become a part of the first name. */
function decoded(bytes: Buffer, path: string): string {
  try {
    if (bytes.includes(0)) throw new Error('It has a NUL in it, as text of UTF-16 does.');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SettingsError(`${path} is no text of UTF-8, and has to be: save it again as UTF-8.`, { cause });
  }
}

/** Read by the command line, and no setting of the server. */
const others = ['SEED_URL'];

/** More letters than that are another word. */
const differencesMax = 2;

/**
 * What in the project's file `.env` sets nothing, as a sentence for each name. It is told and not refused: the file may be
 * shared with other programs.
 *
 * @throws SettingsError as `readSettings` does
 */
export function envFileWarnings(projectFolder: string): readonly string[] {
  const known = [...Object.keys(new Settings()).map(variableOf), ...others];
  return Object.keys(readEnvFile(projectFolder))
    .filter((name) => !known.includes(name))
    .map((name) => {
      const guess = nearest(name.toUpperCase(), known);
      const hint = guess === undefined ? '' : `: perhaps ${guess} is meant`;
      return `The file .env sets ${name}, which is no setting and has no effect${hint}.`;
    });
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const byDistance = known.map((other) => ({ other, distance: differences(name, other) }));
  const [first] = byDistance.sort((one, two) => one.distance - two.distance);
  return first !== undefined && first.distance <= differencesMax ? first.other : undefined;
}

/** Letters to be added, left out or changed to make one of the other (Levenshtein). */
function differences(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, wanted] of [...other].entries()) {
      const changed = (row[j] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Where a setting has its value from. */
export interface SettingOrigin {
  readonly variable: string;
  readonly from: 'environment' | '.env' | 'default';
  /** As it was given; null where that is a secret, or may hold one, and where nothing was given. */
  readonly value: string | null;
}

/** Where each setting has its value from: the environment wins over the file, and what is empty there counts as absent. */
export function settingOrigins(
  projectFolder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly SettingOrigin[] {
  const file = readEnvFile(projectFolder);
  return Object.keys(new Settings()).map((setting) => {
    const variable = variableOf(setting);
    const given = environment[variable] ?? file[variable];
    const value = given === undefined || given.trim() === '' ? null : given.trim();
    const from = environment[variable] === undefined ? '.env' : 'environment';
    return { variable, from: value === null ? 'default' : from, value: isSecret(setting) ? null : value };
  });
}

/** Whether its value is, or may hold, what nobody else should see. */
export const isSecret = (setting: string): boolean => /(?:Url|Secret|Key)$/.test(setting);
