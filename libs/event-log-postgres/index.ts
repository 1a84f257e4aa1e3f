export { inspectServer } from './inspect-server.js';
export type { ServerInspection } from './inspect-server.js';
export { DatabaseTooNew, migrate } from './migrate.js';
export { openPostgresLog } from './open-postgres-log.js';
export type { PostgresLogOptions } from './open-postgres-log.js';
