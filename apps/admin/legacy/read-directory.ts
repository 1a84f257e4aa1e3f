import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LegacyFile } from '#domain';
import { refused, type FileProblem } from '../failure.js';
import { whyNot } from '../files/why-not.js';

/** Its largest file would have held some hundred thousand markets; more than this is something else. */
const fileBytesMax = 64 * 1_048_576;

export interface LegacyDirectory {
  /** In order of name by code unit. */
  readonly files: readonly LegacyFile[];
  readonly problems: readonly FileProblem[];
  /** Names of what lies there and is no state file: folders, and files that are not called `.json`. */
  readonly notRead: readonly string[];
}

/** Every `.json` file that lies directly in the folder. @throws Failure `directory-unreadable` */
export async function readLegacyDirectory(folder: string): Promise<LegacyDirectory> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw refused('directory-unreadable', `${folder} cannot be read: ${whyNot(error)}.`);
  });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const read = await Promise.all(names.filter(isStateFile).map((name) => readOne(folder, name)));
  return {
    files: read.filter((one) => 'text' in one),
    problems: read.filter((one) => 'detail' in one),
    notRead: names.filter((name) => !isStateFile(name)),
  };
}

const isStateFile = (name: string): boolean => name.endsWith('.json');

async function readOne(folder: string, name: string): Promise<LegacyFile | FileProblem> {
  const path = join(folder, name);
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) return { file: name, detail: `has ${size} bytes, and ${fileBytesMax} are the most` };
    const bytes = await readFile(path);
    return isUtf8(bytes) ? { name, text: bytes.toString() } : { file: name, detail: 'is not UTF-8' };
  } catch (error) {
    return { file: name, detail: `cannot be read: ${whyNot(error)}` };
  }
}
