// Running writers may stay: everything here is new.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Keeps access keys, and a record of every admin action. */
export class Access1764000000004 implements MigrationInterface {
  readonly name = 'Access1764000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0004-access.sql');
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
