import { createServer } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { launchServer, startServer, stopServers, temporaryDataDir, until } from '../server.js';
import { health, missing, register } from './requests.js';

// A start takes a second or two on an idle machine, and a test has several.
jest.setTimeout(120_000);

afterEach(stopServers);

describe('a start', () => {
  test('opens the port first, and becomes ready when PostgreSQL and the master timeline are', async () => {
    const server = await startServer();
    const early = await health(server.url);
    expect(early).toEqual({
      httpStatus: 200,
      status: 'starting',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      database: 'unavailable',
      version: '1.0.0',
    });
    expect((await health(server.url, '/health/ready')).httpStatus).toBe(503);
    const refused = await fetch(`${server.url}/v1/timelines/REALITY/agents`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'starting', status: 503 });

    await server.ready();
    expect(await health(server.url)).toMatchObject({ httpStatus: 200, status: 'healthy', database: 'ok' });
    expect(await register(server.url, 'first')).toBe(201);
  });

  test('that is the second finds the data, and takes seconds', async () => {
    const dataDir = await temporaryDataDir();
    const first = await startServer({ dataDir });
    await first.ready();
    expect(await register(first.url, 'kept')).toBe(201);
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);

    const startMs = performance.now();
    const second = await startServer({ dataDir });
    await second.ready();
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(await missing(second.url, ['kept'])).toEqual([]);
  });
});

describe('a start that cannot succeed says why in one sentence', () => {
  test('a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await until(() => other.listening);
    const port = (other.address() as { port: number }).port;
    try {
      // Six of them cannot all be heard: the primary has ended before the last of them asks it for the port.
      for (const workers of [1, 6]) {
        expect(await failure({ port, workers })).toBe(
          `Port ${port} of 127.0.0.1 is in use: stop what listens there, or set PORT to another.`,
        );
      }
    } finally {
      other.close();
    }
  });

  test('a data directory that is in use', async () => {
    const owner = await startServer();
    await owner.ready();
    expect(await failure({ dataDir: owner.dataDir ?? '' })).toMatch(
      new RegExp(
        `^Process ${owner.pid} on \\S+ \\(version [0-9.]+\\) already runs with the data directory ${owner.dataDir}, ` +
          'since [0-9T:-]+Z: stop it, or give this one a DATA_DIR of its own\\.$',
      ),
    );
    expect(await health(owner.url)).toMatchObject({ status: 'healthy' });
  });

  test('a setting that is not allowed', async () => {
    expect(await failure({ env: { WORKERS: 'many' } })).toBe(
      'WORKERS is "many", and has to be a whole number from 1 to 64.',
    );
  });
});

/** The one line that a server which cannot start ends with; it is fatal and the exit code says so. */
async function failure(options: Parameters<typeof launchServer>[0]): Promise<string | undefined> {
  const server = await launchServer(options);
  expect(await server.exited).toBe(1);
  const fatal = server.logged().filter(({ level }) => level === 'fatal');
  expect(fatal).toHaveLength(1);
  return fatal[0]?.msg;
}
