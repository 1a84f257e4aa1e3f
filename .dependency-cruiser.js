/**
 * The rooms, and what each may import: the table of docs/architecture.md. A room may always import itself.
 * `types` names rooms of which only types may be imported, `packages` what comes from npm, `node` the built-in modules.
 */
const rooms = {
  'libs/access': { rooms: ['libs/event-log'], node: ['crypto', 'zlib'] },
  'libs/archives': { rooms: ['libs/domain', 'libs/event-log'], node: ['.*'] },
  'libs/domain': {},
  'libs/event-log': { types: ['libs/domain'], node: ['crypto'] },
  'libs/event-log-postgres': { rooms: ['libs/event-log', 'migrations'], packages: ['pg', 'typeorm'], node: ['.*'] },
  'libs/proof': { rooms: ['libs/domain', 'libs/event-log'], node: ['crypto'] },
  'libs/runtime': { rooms: ['libs/domain', 'libs/event-log', 'libs/proof'], node: ['.*'] },
  'libs/presentation': { rooms: ['libs/domain'], types: ['libs/event-log', 'libs/runtime'], node: ['buffer'] },
  'libs/settings': {
    rooms: ['libs/access'],
    packages: ['class-validator', 'class-transformer', 'reflect-metadata'],
    node: ['.*'],
  },
  'libs/embedded-postgres': { rooms: ['libs/settings'], node: ['.*'] },
  migrations: { packages: ['pg', 'typeorm'], node: ['.*'] },
  'apps/api': { rooms: ['libs/[^/]+', 'migrations'], packages: ['.+'], node: ['.*'] },
  'apps/admin': { rooms: ['libs/[^/]+', 'migrations'], packages: ['.+'], node: ['.*'] },
};

const testFile = '[.]test[.]ts$';
/** Tests, and what a room's tests share; neither is built. */
const testCode = [testFile, '/testing/'];

function allowanceOf([room, { rooms: others = [], types = [], packages = [], node = [] }]) {
  const allowed = [
    `^${room}/`,
    ...[...others, ...types].map((other) => `^${other}/`),
    ...packages.map((name) => `^node_modules/(@types/)?${name}/`),
    ...node.map((name) => `^(node:)?${name}$`),
  ];
  return {
    name: `${room}-imports-only-what-it-may`,
    severity: 'error',
    from: { path: `^${room}/`, pathNot: testCode },
    to: {
      pathNot: node.includes('.*') ? allowed.filter((path) => path !== '^(node:)?.*$') : allowed,
      ...exceptNode(node),
    },
  };
}

/** Built-in modules have no folder to tell them by, so that a room that may use all of them is excused by their kind. */
function exceptNode(node) {
  return node.includes('.*') ? { dependencyTypesNot: ['core'] } : {};
}

function typesOnlyOf([room, { types = [] }]) {
  return types.map((other) => ({
    name: `${room}-imports-only-types-of-${other}`,
    severity: 'error',
    from: { path: `^${room}/`, pathNot: testCode },
    to: { path: `^${other}/`, dependencyTypesNot: ['type-only'] },
  }));
}

export default {
  forbidden: [
    ...Object.entries(rooms).map(allowanceOf),
    ...Object.entries(rooms).flatMap(typesOnlyOf),
    {
      name: 'rooms-are-entered-by-their-index',
      severity: 'error',
      from: { path: '^(libs/[^/]+|apps/[^/]+|migrations|test|bench|examples)/' },
      to: { path: '^(libs/[^/]+|migrations)/', pathNot: ['^(libs/[^/]+|migrations)/index[.]ts$', '^$1/'] },
    },
    {
      name: 'rooms-are-listed-above',
      severity: 'error',
      from: {},
      to: { path: '^(libs|apps)/', pathNot: Object.keys(rooms).map((room) => `^${room}/`) },
    },
    {
      name: 'nobody-imports-an-app-or-a-test',
      severity: 'error',
      from: { path: '^(libs|migrations|apps/([^/]+))/' },
      to: { path: ['^apps/', '^(test|bench|examples)/', testFile], pathNot: '^apps/$2/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'examples-know-the-server-by-http-alone',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: { path: '.', pathNot: '^examples/$1/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'what-is-shipped-imports-nothing-that-tests-share',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: testCode },
      to: { path: '/testing/' },
    },
    { name: 'everything-is-found', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'what-is-shipped-imports-no-development-package',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: testCode },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['seed-source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.d.ts'],
    },
  },
};
