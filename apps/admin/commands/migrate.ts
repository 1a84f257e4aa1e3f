import type { Command } from 'commander';
import { admitLogin, migrate } from '#event-log-postgres';
import { withDatabase } from '../database/open-database.js';
import type { Answer, Session } from '../session.js';

const help = `
A server migrates when it starts, so this is for whoever wants it done before. It may be run while servers run, and by
several at once: one does it, the others wait. Migrations only go forward. The owner's login, DATABASE_ADMIN_URL's where
it is given, does it, and lets the one of DATABASE_URL serve; servers may then do without the owner's.

Examples:
  npm run seed -- migrate
  DATABASE_URL=postgresql://seed:…@db:5432/seed npm run seed -- migrate`;

export function addMigrate(seed: Command, session: Session): void {
  seed
    .command('migrate')
    .description('Bring the database up to this build')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action((options: { readonly json?: boolean }) => session.answer(options, () => migrateDatabase(session)));
}

function migrateDatabase(session: Session): Promise<Answer> {
  return withDatabase(session, async ({ url, adminUrl, name }) => {
    const { applied } = await migrate(adminUrl);
    await admitLogin({ url, adminUrl });
    return {
      facts: { database: name, applied },
      lines:
        applied.length === 0
          ? [`The database, ${name}, is up to date.`]
          : [`The database, ${name}, was migrated:`, ...applied.map((migration) => `  ${migration}`)],
    };
  });
}
