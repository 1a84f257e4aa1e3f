import { openPostgresLog } from '#event-log-postgres';
import { describeEventLog } from './contract.js';
import { createMigratedDatabase } from './migrated-database.js';

describeEventLog('the log on PostgreSQL', async () => {
  const database = await createMigratedDatabase();
  const log = await openPostgresLog({
    url: database.url,
    poolMax: 4,
    applicationName: 'contract',
    appendTimeoutMs: 5_000,
  });
  return {
    log,
    async close() {
      await log.close();
      await database.drop();
    },
  };
});
