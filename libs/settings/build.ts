import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which build this is. */
export interface Build {
  /** As package.json has it. */
  readonly version: string;
  /** The commit that it was built from; null where that was not known, as where it runs from its sources. */
  readonly commit: string | null;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The build that runs. Sources and build lie at different depths below package.json. */
export const BUILD: Build = {
  version: (JSON.parse(readAbove(here, 'package.json') ?? '{"version":"0.0.0"}') as { readonly version: string })
    .version,
  commit: readAbove(here, 'built-from-commit')?.trim() ?? null,
};

/** Version and commit as one text, such as `1.0.0 (4f0c2a1)`. */
export const buildName = ({ version, commit }: Build): string =>
  commit === null ? version : `${version} (${commit.slice(0, 12)})`;

function readAbove(folder: string, file: string): string | undefined {
  const path = join(folder, file);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  return folder === dirname(folder) ? undefined : readAbove(dirname(folder), file);
}
