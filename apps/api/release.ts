import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The release that runs, as package.json has it. */
export const RELEASE = readRelease(dirname(fileURLToPath(import.meta.url)));

/** Sources and build lie at different depths below package.json. */
function readRelease(folder: string): string {
  const path = join(folder, 'package.json');
  if (!existsSync(path) && folder !== dirname(folder)) return readRelease(dirname(folder));
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
