import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS_SECRET } from '../access-secret.js';
import { openTestApi, type TestApi } from './api.js';
import { RawConnection } from './raw.js';

const PAGE = 'https://page.example';

describe('an open server', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await openTestApi({}, { CORS_ORIGINS: PAGE });
    await api.createVirtual('T');
  });
  afterAll(() => api.stop());

  const statusOf = async (target: string, ...fields: readonly string[]): Promise<number | undefined> => {
    const connection = await RawConnection.open(api.url);
    connection.write(`${[`${target} HTTP/1.1`, ...fields, 'connection: close'].join('\r\n')}\r\n\r\n`);
    await connection.replies(1);
    connection.close();
    return connection.statuses[0];
  };

  test.each([
    'localhost',
    'LOCALHOST:8000',
    '127.0.0.1',
    '127.8.9.1:80',
    '[::1]:8000',
    'app.localhost',
    'page.example',
  ])('answers as %s', async (host) => {
    expect(await statusOf('GET /v1/timelines', `Host: ${host}`)).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '192.0.2.1',
    "a'--:9",
    '',
  ])('does not answer as "%s"', async (host) => {
    expect(await statusOf('GET /v1/timelines', `Host: ${host}`)).toBe(403);
    expect(await statusOf('POST /v1/timelines/T/complete', `Host: ${host}`, 'content-length: 0')).toBe(403);
  });

  test('goes by the host of an absolute target', async () => {
    expect(await statusOf('GET http://evil.example/v1/timelines', 'Host: localhost')).toBe(403);
    expect(await statusOf('GET http://localhost/v1/timelines', 'Host: localhost')).toBe(200);
  });

  test.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'file://'])(
    'takes nothing from a page of %s, with a body or without',
    async (origin) => {
      const refused = await api.post('complete', undefined, { origin });
      expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(refused.body.detail).toContain('CORS_ORIGINS');
      expect((await api.post('agents', { agentId: 'x' }, { origin })).status).toBe(403);
      expect((await api.get('/v1/timelines/T')).body.status).toBe('active');
    },
  );

  test('takes what its own pages send', async () => {
    for (const origin of [PAGE, 'http://localhost:3000', api.url]) {
      expect((await api.post('yield/distributions', {}, { origin })).status).toBe(200);
    }
  });

  test('a protected one answers under any name: a page has no key', async () => {
    const own = await openTestApi({}, { ACCESS_SECRET });
    const connection = await RawConnection.open(own.url);
    connection.write('GET /health HTTP/1.1\r\nHost: seed.example\r\nOrigin: https://evil.example\r\n\r\n');
    await connection.replies(1);
    connection.close();
    await own.stop();
    expect(connection.statuses).toEqual([200]);
  });
});
