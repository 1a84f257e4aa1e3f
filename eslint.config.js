import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', 'test/**', 'bench/**'];

const banned = {
  date: { name: 'Date', message: 'Time is given, never taken: it comes from the timeline’s clock.' },
  env: {
    object: 'process',
    property: 'env',
    message: 'The environment is read once, in libs/settings.',
  },
  random: { object: 'Math', property: 'random', message: 'Nothing here may depend on chance.' },
};

/** What may give another result on another machine, at another time or in another Node: state is a fold of the log. */
const impureGlobals = [
  banned.date,
  ...['parseFloat', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'performance', 'console'],
  ...['Buffer', 'fetch', 'crypto', 'Intl', 'require'],
];

const floatingPoint = [
  'pow',
  'exp',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'sqrt',
  'cbrt',
  'hypot',
  'sin',
  'cos',
  'tan',
];

const impureProperties = [
  banned.random,
  ...floatingPoint.map((property) => ({ object: 'Math', property, message: 'The domain has no floating point.' })),
  { object: 'Number', property: 'parseFloat', message: 'The domain has no floating point.' },
  ...['toLocaleString', 'localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase'].map((property) => ({
    property,
    message: 'The result depends on the machine’s locale.',
  })),
];

export default tseslint.config(
  { ignores: ['dist', 'dist.*', 'node_modules', 'data', 'coverage', 'docs'] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Exports are named one by one.' },
        { selector: 'ExportDefaultDeclaration', message: 'Exports are named.' },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // An async function that awaits nothing still keeps the promise its interface makes.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'migrations/**/*.ts'],
    ignores: ['libs/settings/**', ...tests],
    rules: { 'no-restricted-properties': ['error', banned.env] },
  },
  {
    files: ['libs/runtime/**/*.ts'],
    ignores: ['libs/runtime/clock*', 'libs/runtime/clock*/**', ...tests],
    rules: {
      'no-restricted-globals': ['error', banned.date],
      'no-restricted-properties': ['error', banned.env, banned.random],
    },
  },
  {
    files: ['libs/domain/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': ['error', ...impureProperties],
    },
  },
  {
    files: ['libs/**/*.ts', 'apps/**/*.ts', 'migrations/**/*.ts'],
    ignores: tests,
    rules: { 'max-lines': ['error', 400] },
  },
  {
    // What comes over HTTP into a test is untyped until it is compared.
    files: tests,
    extends: [
      {
        rules: {
          '@typescript-eslint/no-unsafe-argument': 'off',
          '@typescript-eslint/no-unsafe-assignment': 'off',
          '@typescript-eslint/no-unsafe-call': 'off',
          '@typescript-eslint/no-unsafe-member-access': 'off',
          '@typescript-eslint/no-unsafe-return': 'off',
        },
      },
    ],
  },
);
