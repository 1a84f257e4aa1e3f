import { migrate } from '#event-log-postgres';
import { createTestDatabase, type TestDatabase } from '../postgres.js';

/** A database of its own with all migrations applied. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await migrate(database.url);
  return database;
}
