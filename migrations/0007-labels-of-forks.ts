// Running writers may stay: the column has a default, with which a label is seen by all forks, as it was.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowBuilds, refuseGoingBack, runSqlFile } from './run-sql-file.js';

/** Keeps which forks there were when a label was put: those do not see it. */
export class LabelsOfForks1764000000007 implements MigrationInterface {
  readonly name = 'LabelsOfForks1764000000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runSqlFile(queryRunner, '0007-labels-of-forks.sql');
    await allowBuilds(queryRunner, { migration: this.name, leastLevel: 6 });
  }

  down(): Promise<void> {
    return refuseGoingBack(this.name);
  }
}
