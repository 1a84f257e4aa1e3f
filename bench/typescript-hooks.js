// The hooks of typescript.js.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const root = new URL('..', import.meta.url);
const apps = new URL('apps/', root).href;
const built = new URL('dist/apps/', root).href;
const sources = ['bench/', 'test/'].map((folder) => new URL(folder, root).href);

export async function resolve(specifier, context, next) {
  const { parentURL = '' } = context;
  if (!specifier.startsWith('.') || !sources.some((folder) => parentURL.startsWith(folder))) {
    return next(specifier, context);
  }
  const { href } = new URL(specifier, parentURL);
  if (href.startsWith(apps)) return next(built + href.slice(apps.length), context);
  const source = href.replace(/\.js$/, '.ts');
  return next(existsSync(fileURLToPath(source)) ? source : href, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const text = await readFile(filename, 'utf8');
  const { code } = await transform(text, { filename, cwd: fileURLToPath(root), sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
