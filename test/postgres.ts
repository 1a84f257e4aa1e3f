import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startThrowawayPostgres, type EmbeddedPostgres } from '#embedded-postgres';

/** A database of its own on the server that all test files of a run share. */
export interface TestDatabase {
  /** Connection string of its owner, a superuser. */
  readonly url: string;
  /** Drops it, ending whatever connection is still open. */
  drop(): Promise<void>;
}

/** An empty database, ready in some tens of milliseconds. A test that kills servers takes `startTestPostgres`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onSharedServer(`create database ${name}`);
  const url = new URL(sharedUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onSharedServer(`drop database ${name} with (force)`) };
}

/**
 * A server of the test's own, to be killed at will. It is restarted when it dies, unless `stop` was called.
 *
 * @param options.fsync Default false: a kill of the process loses nothing without it, only one of the machine would.
 */
export async function startTestPostgres(options: { readonly fsync?: boolean } = {}): Promise<EmbeddedPostgres> {
  return startThrowawayPostgres(options);
}

async function onSharedServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: sharedUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function sharedUrl(): string {
  const url = process.env['SEED_TEST_POSTGRES_URL'];
  if (url === undefined) {
    throw new Error(
      'Only tests below test/, apps/ and libs/event-log-postgres/ have a PostgreSQL (see jest.config.js).',
    );
  }
  return url;
}
