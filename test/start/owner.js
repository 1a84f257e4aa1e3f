// A process that owns the embedded server of a DATA_DIR, to be killed by tests: owner.js <DATA_DIR>. It says one line of
// JSON when the server is up or could not be started, stops it on SIGTERM, and ignores Ctrl-C.
import { startEmbeddedPostgres } from '#embedded-postgres';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
process.on('SIGINT', () => undefined);

try {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2], log: (line) => console.error(line) });
  process.on('SIGTERM', () => void postgres.stop().then(() => process.exit(0)));
  setInterval(() => undefined, 1_000);
  say({ url: postgres.url, pid: postgres.pid(), dataDirectory: postgres.dataDirectory });
} catch (error) {
  say({ error: error.message });
  process.exitCode = 1;
}
