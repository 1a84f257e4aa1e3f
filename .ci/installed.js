// Ends with 0 when node_modules holds exactly what package-lock.json asks for, with 1 when `npm ci` is due.
//
// npm writes node_modules/.package-lock.json last, so an installation that was interrupted has none and counts as absent.
import { readFileSync } from 'node:fs';

const wanted = packagesOf('package-lock.json');
const present = packagesOf('node_modules/.package-lock.json');
process.exitCode = wanted !== undefined && present !== undefined && agree(wanted, present) ? 0 : 1;

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function agree(lock, installed) {
  const listed = Object.entries(lock).filter(([path]) => path !== '');
  const complete = listed.every(([path, { version, optional }]) =>
    installed[path] === undefined ? optional === true : installed[path].version === version,
  );
  return complete && Object.keys(installed).every((path) => lock[path] !== undefined);
}
