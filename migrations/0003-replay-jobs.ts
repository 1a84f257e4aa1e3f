// Running writers may stay: tables and columns are new, and snapshots that they take count as before until a rebuild.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Keeps the jobs that replay timelines, and which rebuild a snapshot belongs to. */
export class ReplayJobs1764000000003 implements MigrationInterface {
  readonly name = 'ReplayJobs1764000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0003-replay-jobs.sql');
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
