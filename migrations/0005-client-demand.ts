// Running writers may stay: everything here is new.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Lets processes tell each other what clients ask of them. */
export class ClientDemand1764000000005 implements MigrationInterface {
  readonly name = 'ClientDemand1764000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0005-client-demand.sql');
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
