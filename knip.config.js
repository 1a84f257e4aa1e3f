export default {
  entry: [
    'apps/*/main.ts',
    'libs/*/index.ts',
    'libs/archives/prove-worker.ts',
    '{libs,apps,test}/**/*.test.ts',
    'bench/**/*.ts',
    'examples/**/*.ts',
    'test/fuzz/main.ts',
    'test/planted/main.ts',
    'test/torture/main.ts',
    'test/torture/check/main.ts',
    '.ci/*.js',
  ],
  project: ['{apps,libs,migrations,test,bench,examples}/**/*.{ts,js}', '.ci/*.js'],
  // The tools are run by .ci/check.sh; Swagger's page is served as files; nest-cli.json is for who generates with the CLI.
  ignoreDependencies: ['dependency-cruiser', 'squawk-cli', 'typedoc', 'swagger-ui-dist', '@nestjs/schematics'],
  ignoreBinaries: ['flock', 'mount', 'umount', 'strace', 'haproxy', 'pgbouncer', 'script'],
};
