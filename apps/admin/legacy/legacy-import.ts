import { createHash } from 'node:crypto';
import { readLegacyFiles, type ClockKind, type ImportLegacy } from '#domain';
import { refused } from '../failure.js';
import { readLegacyDirectory } from './read-directory.js';

/** The route that imports. A key on the database stands for a request to it, so that each finds what the other did. */
export const IMPORT_ROUTE = '/v1/admin/import-legacy';

/** What is to become of a directory. */
export interface ImportWish {
  /** Absolute. */
  readonly folder: string;
  /** Name of the timeline to make. */
  readonly timeline: string;
  readonly clock: ClockKind;
  /** Of the times that name no offset; minutes east of Greenwich. */
  readonly utcOffsetMinutes: number;
}

/** An import that was read and found good. */
export interface LegacyImport extends ImportWish {
  readonly command: ImportLegacy;
  /** The request's body, its keys sorted. */
  readonly body: string;
  /** The same for the same timeline and content: retrying after a crash imports once. */
  readonly key: string;
  readonly notRead: readonly string[];
}

/** Reads and checks the whole directory. @throws Failure naming each file that cannot be imported, and why */
export async function readImport(wish: ImportWish): Promise<LegacyImport> {
  const { folder, timeline, clock, utcOffsetMinutes } = wish;
  const { files, problems, notRead } = await readLegacyDirectory(folder);
  if (files.length + problems.length === 0) throw nothingIn(folder, 'it holds no .json file');
  const reading = files.length === 0 ? { problems: [] } : readLegacyFiles(files, { utcOffsetMinutes });
  const wrong = [...problems, ...('problems' in reading ? reading.problems : [])];
  if (wrong.length > 0 || 'problems' in reading) {
    throw refused('import-invalid', `Nothing was imported, because of what is in ${folder}:`, wrong);
  }
  const { command } = reading;
  if (isEmpty(command)) throw nothingIn(folder, 'no file of it holds an economy, markets, stats or a world');
  const texts = Object.fromEntries(files.map(({ name, text }) => [name, text]));
  const body = JSON.stringify({ clock, files: texts, timeline, utcOffsetMinutes });
  const key = `import-legacy-${createHash('sha256').update(body).digest('hex')}`;
  return { ...wish, command, body, key, notRead };
}

const nothingIn = (folder: string, why: string) =>
  refused('nothing-to-import', `There is nothing to import in ${folder}: ${why}.`);

const isEmpty = ({ economy, markets, stats, world }: ImportLegacy): boolean =>
  economy === null && markets.length === 0 && stats === null && world === null;
