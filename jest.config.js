import { readFileSync } from 'node:fs';

const { imports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** A room is imported by its name; tests run from the sources, not from dist. */
const rooms = Object.fromEntries(
  Object.entries(imports).map(([name, target]) => [`^${name}$`, target['seed-source'].replace('./', '<rootDir>/')]),
);

const project = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['reflect-metadata'],
  transform: { '\\.ts$': '@swc/jest' },
  moduleNameMapper: { ...rooms, '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'] },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  testPathIgnorePatterns: ['/node_modules/'],
};

export default {
  maxWorkers: 2,
  testTimeout: 60_000,
  projects: [{ ...project, displayName: 'all', testMatch: ['<rootDir>/{libs,apps,test}/**/*.test.ts'] }],
};
