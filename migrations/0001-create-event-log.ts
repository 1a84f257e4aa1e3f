// Running writers may stay: everything here is new.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Creates the event log: timelines, events, commits, keys, labels, snapshots, and the role that may not edit the past. */
export class CreateEventLog1764000000001 implements MigrationInterface {
  readonly name = 'CreateEventLog1764000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0001-create-event-log.sql');
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
