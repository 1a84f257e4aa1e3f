import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { startServer, stopServers, until, type RunningServer } from '../server.js';
import { send, type Reply } from './api.js';

/** As many as the tests send at once. */
const RATE = 40;
const TIMELINES = ['T', 'U', 'V', 'W'];

let database: TestDatabase;
let server: RunningServer;
let owner: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  const env = {
    TRUSTED_PROXIES: '127.0.0.1',
    TIMELINES_LOADED_MAX: '2',
    COSTLY_REQUESTS_PER_SECOND_MAX: String(RATE),
    // What is tried is tried on a busy machine too.
    EVENT_LOOP_DELAY_MAX_MS: '0',
  };
  server = await startServer({ databaseUrl: database.url, env });
  await server.ready();
  for (const name of TIMELINES) {
    const body = { name, clock: 'virtual', startAt: '1970-01-01T00:00:00Z' };
    expect((await post('/v1/timelines', body)).status).toBe(201);
  }
});
afterAll(async () => {
  await owner.end();
  await stopServers();
  await database.drop();
});

const as = (client: string) => ({ 'x-forwarded-for': client });
const ask = (path: string, client: string): Promise<Reply> => send(server.url + path, 'GET', undefined, as(client));
const post = (path: string, body: unknown): Promise<Reply> => send(server.url + path, 'POST', body, as('192.0.2.1'));

/** More than the process has places, connections, or a client may have of either. */
const many = (path: string, client: string): Promise<Reply[]> =>
  Promise.all(Array.from({ length: RATE }, () => ask(path, client)));

let agents = 0;
const register = (timeline: string): Promise<Reply> =>
  post(`/v1/timelines/${timeline}/agents`, { agentId: `a${(agents += 1)}` });

const headOf = async (timeline: string): Promise<number> =>
  (await ask(`/v1/timelines/${timeline}`, '192.0.2.1')).body.version;

describe('reads that hang', () => {
  afterEach(() => owner.query('rollback'));

  test('hold up neither writers, nor readiness, nor the reads of other clients', async () => {
    await owner.query('begin');
    await owner.query('lock table label');
    const hanging = many('/v1/timelines/T/labels', '192.0.2.66');
    const isHanging = async (): Promise<boolean> => {
      const { rows } = await owner.query("select from pg_locks where not granted and relation = 'label'::regclass");
      return rows.length >= 2;
    };
    await until(isHanging);
    for (let i = 0; i < 20; i += 1) expect((await register('T')).status).toBe(201);
    expect((await ask('/v1/timelines/T/events', '192.0.2.2')).body.items).toHaveLength(21);
    const ready = await ask('/health/ready', '192.0.2.66');
    expect([ready.status, ready.body.database]).toEqual([200, 'ok']);
    await owner.query('rollback');
    for (const { status } of await hanging) expect(status).toBe(200);
  });
});

describe('a page of rare events in a long log', () => {
  const ROWS = 120_000;

  test('looks at a bounded stretch of it, and leads on to the end', async () => {
    const head = await headOf('U');
    await owner.query(
      `insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
       select version, 0, gen_random_uuid(), timeline_id, 0, 1,
         case version when ${ROWS - 1} then 'AgentRegistered' else 'WorldStateRecorded' end, 'x',
         case version when ${ROWS - 1} then '{"agentId":"last","name":"last"}' else '{}' end::json
       from timeline, generate_series(${head + 1}, ${head + ROWS}) as version
       where name = 'U'`,
    );
    await owner.query(`update timeline set head_version = ${head + ROWS} where name = 'U'`);
    const pages: Reply[] = [];
    for (let cursor = ''; ;) {
      const page = await ask(`/v1/timelines/U/events?type=AgentRegistered${cursor}`, '192.0.2.3');
      pages.push(page);
      expect(page.status).toBe(200);
      if (page.body.nextCursor === null) break;
      cursor = `&cursor=${page.body.nextCursor}`;
    }
    expect(pages.map(({ status, body }) => [status, body.items.length])).toEqual([
      [200, 0],
      [200, 0],
      [200, 1],
    ]);
  });
});

describe('streams of more timelines than may be loaded', () => {
  test('keep none loaded: commands for all of them are taken, and shown', async () => {
    const leaving = new AbortController();
    const streams = TIMELINES.flatMap((name) =>
      [1, 2].map(async () => {
        const headers = as('192.0.2.66');
        const response = await fetch(`${server.url}/v1/timelines/${name}/events/stream`, {
          signal: leaving.signal,
          headers,
        });
        expect(response.status).toBe(200);
        const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
        return async (): Promise<void> => {
          for (let text = ''; !text.includes('"type":"AgentRegistered"');) text += (await reader?.read())?.value ?? '';
        };
      }),
    );
    const shows = await Promise.all(streams);
    // U has rows that no command wrote.
    for (const name of ['T', 'V', 'W']) expect((await register(name)).status).toBe(201);
    await Promise.all(shows.filter((_, i) => Math.floor(i / 2) !== 1).map((show) => show()));
    leaving.abort();
  });
});

describe('requests that cost much', () => {
  test('have a rate of their own for each client, and the others are not counted', async () => {
    const replies = (
      await Promise.all(Array.from({ length: 8 }, () => many('/v1/timelines/T/markets', '192.0.2.4')))
    ).flat();
    const refused = replies.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const reply of refused) {
      expect(reply).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    expect((await ask('/v1/timelines/T', '192.0.2.4')).status).toBe(200);
    expect((await ask('/v1/timelines/T/markets', '192.0.2.5')).status).toBe(200);
  });
});
