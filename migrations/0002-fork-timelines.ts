// Running writers may stay: columns and functions are new, and what they wrote reads as before.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Lets timelines be forked and removed, and a rebuild be told to every process. */
export class ForkTimelines1764000000002 implements MigrationInterface {
  readonly name = 'ForkTimelines1764000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0002-fork-timelines.sql');
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
