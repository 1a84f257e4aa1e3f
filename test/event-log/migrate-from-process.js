// Migrates from a process of its own, to be killed in the middle: node migrate-from-process.js URL
import { migrate } from '#event-log-postgres';

await migrate(process.argv[2]);
