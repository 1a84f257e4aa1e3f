import { afterEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openMemoryLog } from '#event-log';
import { createTestDatabase } from '../postgres.js';
import { startServer, stopServers, until } from '../server.js';
import { archiveOf, fillEconomy } from './archives.js';

afterEach(stopServers);

test('a process that is killed in the middle of an import leaves nothing, and the import can be repeated', async () => {
  const source = openMemoryLog();
  const { head } = await fillEconomy(source, 'LONG', new Array<number>(60).fill(2_000));
  const archive = await archiveOf(source);
  const database = await createTestDatabase();
  const watcher = new Client({ connectionString: database.url });
  await watcher.connect();
  const upload = (url: string): Promise<Response> =>
    fetch(`${url}/v1/admin/import`, { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: archive });
  const eventBytes = async (): Promise<number> => {
    const { rows } = await watcher.query<{ size: string }>("select pg_relation_size('event') as size");
    return Number(rows[0]?.size);
  };
  try {
    const doomed = await startServer({ databaseUrl: database.url });
    await doomed.ready();
    const broken = upload(doomed.url).then(
      () => 'answered',
      () => 'broke',
    );
    // The transaction's rows are on their pages, though nobody sees them.
    await until(async () => (await eventBytes()) > 5_000_000);
    doomed.kill('SIGKILL');
    expect(await broken).toBe('broke');
    await doomed.exited;
    const next = await startServer({ databaseUrl: database.url });
    await next.ready();
    expect((await fetch(`${next.url}/v1/timelines/LONG`)).status).toBe(404);
    const { rows } = await watcher.query('select distinct timeline_id from event');
    expect(rows).toHaveLength(1);
    const repeated = await upload(next.url);
    expect(repeated.status).toBe(201);
    expect(await repeated.json()).toMatchObject({
      timelines: [{ timeline: 'LONG', version: head.version, chainHash: head.hash, already: false }],
    });
  } finally {
    await watcher.end();
    await stopServers();
    await database.drop();
  }
});
