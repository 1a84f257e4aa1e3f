import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
let project: string;

/** A project of one source file, set up by the same scripts as this one. */
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'seed-set-up-'));
  await Promise.all(
    ['.ci', 'start.sh', '.swcrc'].map((name) => cp(join(root, name), join(project, name), { recursive: true })),
  );
  const folders = ['apps/api', 'examples', 'libs', 'migrations'];
  await Promise.all(folders.map((name) => mkdir(join(project, name), { recursive: true })));
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'));
  await writeFile(join(project, 'apps/api/main.ts'), "console.log('up in', process.cwd());\n");
  // An installation here would go through the link and replace the packages that this test runs from.
  await program('npm', 'echo npm was called >&2; exit 1');
});

afterEach(async () => {
  await rm(project, { recursive: true, force: true });
});

describe('the build', () => {
  test('mirrors the folders, with their SQL and without their tests', async () => {
    await writeFile(join(project, 'migrations/first.sql'), 'select 1;\n');
    await writeFile(join(project, 'libs/some.test.ts'), 'export const tested = 1;\n');
    await build();
    expect(await readdir(join(project, 'dist/apps/api'))).toEqual(['main.js', 'main.js.map']);
    expect(await readFile(join(project, 'dist/migrations/first.sql'), 'utf8')).toBe('select 1;\n');
    expect((await readdir(join(project, 'dist'))).sort()).toEqual(['.built-from', 'apps', 'migrations']);
  });

  test('is skipped while the sources are the same', async () => {
    await build();
    const before = await stat(join(project, 'dist'));
    await build();
    expect((await stat(join(project, 'dist'))).ino).toBe(before.ino);
  });

  test('leaves nothing of a source that was removed', async () => {
    await writeFile(join(project, 'libs/gone.ts'), 'export const gone = 1;\n');
    await build();
    await rm(join(project, 'libs/gone.ts'));
    await build();
    expect(await readdir(join(project, 'dist'))).not.toContain('libs');
  });

  test('that fails leaves the last one as it was', async () => {
    await build();
    await writeFile(join(project, 'libs/broken.ts'), 'export const = ;\n');
    expect((await build()).code).not.toBe(0);
    expect(await readdir(join(project, 'dist'))).toContain('apps');
    expect((await readdir(project)).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  });
});

test('no package runs a script of its own when it is installed', async () => {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'ignore-scripts'], { cwd: root });
  expect(stdout).toBe('true\n');
});

describe('start.sh', () => {
  test('starts what was built, in the folder of the project, from any other', async () => {
    await cp(join(root, 'package-lock.json'), join(project, 'package-lock.json'));
    const { code, output } = await run(join(project, 'start.sh'), []);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`up in ${project}`) });
  });

  test('says in one sentence that Node is too old', async () => {
    await program('node', '[ "$1" = --version ] && echo v18.1.0 && exit 0; exit 1');
    const { code, output } = await run(join(project, 'start.sh'), []);
    expect({ code, output }).toEqual({
      code: 1,
      output: 'Seed needs Node 20.19 or newer, and this is Node v18.1.0.\n',
    });
  });
});

function build(): Promise<{ code: unknown; output: string }> {
  return run(process.execPath, [join(project, '.ci/build.js')]);
}

/** Puts a program of that name before all others on the path. */
async function program(name: string, script: string): Promise<void> {
  await mkdir(join(project, 'bin'), { recursive: true });
  await writeFile(join(project, 'bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(project, 'bin', name), 0o755);
}

function run(path: string, args: string[]): Promise<{ code: unknown; output: string }> {
  const env = { ...process.env, PATH: `${join(project, 'bin')}:${process.env['PATH'] ?? ''}` };
  return new Promise((resolve) => {
    execFile(path, args, { cwd: '/', env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
    });
  });
}
