import { readFile } from 'node:fs/promises';
import type { QueryRunner } from 'typeorm';

/** Runs every statement of a file that stands beside this one, inside the migration's transaction. */
export async function runSqlFile(queryRunner: QueryRunner, fileName: string): Promise<void> {
  await queryRunner.query(await readFile(new URL(fileName, import.meta.url), 'utf8'));
}

/** What `down` of every migration does. */
export function refuseGoingBack(name: string): Promise<never> {
  return Promise.reject(new Error(`${name} goes forward only; restore a backup to go back`));
}

/**
 * Lets builds serve that do not know the migration: those that know at least `leastLevel` migrations. Where running writers
 * may stay that is the one before, and where they must stop it is the migration itself.
 */
export async function allowBuilds(
  queryRunner: QueryRunner,
  { migration, leastLevel }: { readonly migration: string; readonly leastLevel: number },
): Promise<void> {
  await queryRunner.query('insert into build_requirement (migration, least_level) values ($1, $2)', [
    migration,
    leastLevel,
  ]);
}
