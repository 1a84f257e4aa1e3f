import { readFile } from 'node:fs/promises';

/** The processes that a process started and that live. */
export async function processesOf(parent: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  return text
    .split(' ')
    .map(Number)
    .filter((pid) => pid > 0);
}
