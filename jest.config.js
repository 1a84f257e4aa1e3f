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

/** Rooms that are tested on a real PostgreSQL, one server for the whole run; it starts only if one of them is tested. */
const onPostgres = '{libs/event-log-postgres,migrations,apps,test}';

export default {
  maxWorkers: 2,
  testTimeout: 60_000,
  projects: [
    {
      ...project,
      displayName: 'rooms',
      testMatch: ['<rootDir>/libs/**/*.test.ts', '!<rootDir>/libs/event-log-postgres/**'],
    },
    {
      ...project,
      displayName: 'postgres',
      testMatch: [`<rootDir>/${onPostgres}/**/*.test.ts`],
      globalSetup: '<rootDir>/test/shared-postgres.js',
      globalTeardown: '<rootDir>/test/shared-postgres-stop.js',
    },
  ],
};
