import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { send } from '../api/api.js';
import { startServer, type RunningServer } from '../server.js';
import { seed, type Ran } from './seed-line.js';

/** A server and its database, each of which command lines can go to. */
export interface Laboratory {
  readonly database: TestDatabase;
  readonly server: RunningServer;
  /** Runs a line through the server; its database would be one that nobody can use. */
  readonly through: (...words: readonly string[]) => Promise<Ran>;
  /** Runs a line on the database; no server is found. */
  readonly on: (...words: readonly string[]) => Promise<Ran>;
  readonly post: (path: string, body: object) => Promise<void>;
}

export const NOBODY = 'postgresql://seed:hush-hush@127.0.0.1:9/seed';

/** `stopServers` ends its server; its database has to be dropped. */
export async function openLaboratory(): Promise<Laboratory> {
  const database = await createTestDatabase();
  const server = await startServer({ databaseUrl: database.url });
  await server.ready();
  return {
    database,
    server,
    through: (...words) => seed([...words, '--server', server.url], { DATABASE_URL: NOBODY }),
    on: (...words) => seed(words, { DATABASE_URL: database.url }),
    post: async (path, body) => {
      const { status, text } = await send(`${server.url}/v1/timelines${path}`, 'POST', body);
      if (status >= 300) throw new Error(`${path} was answered with ${status}: ${text}`);
    },
  };
}

/** A market between two agents: version 6 opens it, at 00:00; 8 and 9 are bets, at 01:00. */
export async function playLab({ post }: Laboratory, name = 'LAB'): Promise<void> {
  await post('', { name, clock: 'virtual', startAt: '2026-01-01T00:00:00Z' });
  await post(`/${name}/agents`, { agentId: 'ann', deposit: '1000' });
  await post(`/${name}/agents`, { agentId: 'ben', deposit: '1000' });
  await post(`/${name}/markets`, { marketId: 'rain', title: 'Rain tomorrow?', expiresAt: '2026-02-01T00:00:00Z' });
  await post(`/${name}/clock/advance`, { byMs: 3_600_000 });
  await post(`/${name}/markets/rain/bets`, { agentId: 'ann', outcome: 'YES', amount: '50' });
  await post(`/${name}/markets/rain/bets`, { agentId: 'ben', outcome: 'NO', amount: '80' });
}
