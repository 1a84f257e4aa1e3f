import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bug, Edit } from './bugs.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a built project consists of. */
const PARTS = ['apps', 'libs', 'migrations', 'examples', '.ci', 'package.json', '.swcrc'];

/** @throws where what is to be replaced does not stand in the text just once */
export function edited(text: string, { file, find, replace }: Edit): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places like this, and not one: ${find}`);
  return text.replace(find, () => replace);
}

/** A copy of the project with the bug in it, built; the caller removes the folder. */
export async function plant({ edits }: Bug): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-planted-'));
  for (const part of PARTS) await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const edit of edits) {
    const path = join(folder, edit.file);
    await writeFile(path, edited(await readFile(path, 'utf8'), edit));
  }
  await promisify(execFile)(process.execPath, [join(folder, '.ci/build.js')], { cwd: folder });
  return folder;
}
