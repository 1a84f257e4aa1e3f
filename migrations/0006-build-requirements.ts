// Running writers may stay: everything here is new.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowBuilds, refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Keeps which builds may serve after a migration that they do not know. */
export class BuildRequirements1764000000006 implements MigrationInterface {
  readonly name = 'BuildRequirements1764000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0006-build-requirements.sql');
    await allowBuilds(queryRunner, { migration: this.name, leastLevel: 5 });
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
