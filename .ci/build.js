// Compiles apps, libs, migrations and examples into dist, folder for folder, and copies their SQL and CSV files beside them.
//
// The result is written to a folder of its own and renamed into place, so that nobody ever sees half a build. Nothing is
// done when dist already belongs to these sources, which is what makes a second start quick.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sourceFolders = ['apps', 'libs', 'migrations', 'examples'];
const dist = join(root, 'dist');
const stampName = '.built-from';
const commit = commitOf(root);

const sources = await readSources();
const stamp = await stampOf(sources);
if ((await readFile(join(dist, stampName), 'utf8').catch(() => '')) !== stamp) {
  await build();
}

async function readSources() {
  const listed = await Promise.all(sourceFolders.map(listSources));
  const paths = listed.flat().sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

async function listSources(folder) {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length))
    .filter((path) => /\.(ts|sql|csv)$/.test(path) && !/\.(test|d)\.ts$|\/testing\//.test(path));
}

async function stampOf(files) {
  const hash = createHash('sha256').update(commit);
  for (const path of ['.swcrc', '.ci/build.js', 'node_modules/@swc/core/package.json']) {
    hash.update(await readFile(join(root, path)));
  }
  for (const { path, text } of files) {
    hash.update(`${path}\0${text.length}\0${text}`);
  }
  return hash.digest('hex');
}

async function build() {
  const next = `${dist}.next-${process.pid}`;
  const previous = `${dist}.previous-${process.pid}`;
  await rm(next, { recursive: true, force: true });
  try {
    await Promise.all(sources.map((source) => emit(source, next)));
    await writeFile(join(next, stampName), stamp);
    if (commit !== '') await writeFile(join(next, 'built-from-commit'), `${commit}\n`);
    await rename(dist, previous).catch(ignoreMissing);
    await rename(next, dist);
  } finally {
    await rm(next, { recursive: true, force: true });
    await rm(previous, { recursive: true, force: true });
  }
  console.log(`Built ${sources.length} files into dist.`);
}

async function emit({ path, text }, folder) {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  if (!path.endsWith('.ts')) {
    await writeFile(target, text);
    return;
  }
  const { transform } = await import('@swc/core');
  const script = target.replace(/\.ts$/, '.js');
  const sourceFileName = join(root, path);
  const { code, map } = await transform(text, { filename: sourceFileName, sourceFileName, cwd: root });
  await writeFile(script, `${code}//# sourceMappingURL=${script.slice(dirname(script).length + 1)}.map\n`);
  await writeFile(`${script}.map`, map ?? '');
}

/** What SEED_COMMIT says, as where an image is built without the repository, or the repository; empty where neither does. */
function commitOf(folder) {
  const given = process.env.SEED_COMMIT ?? '';
  if (given !== '' || !existsSync(join(folder, '.git'))) return given;
  const asked = spawnSync('git', ['-C', folder, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : '';
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
