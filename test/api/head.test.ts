import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../server.js';
import { openTestApi, type TestApi } from './api.js';
import { RawConnection } from './raw.js';

let api: TestApi;
let replayId: string;

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
  await api.createVirtual('U');
  await api.post('agents', { agentId: 'ann' });
  await api.post('markets', { marketId: 'm', title: 'm' });
  await api.call('PUT', 'documents/d', '{"a":1}');
  ({ id: replayId } = (await api.post('/v1/admin/replays', { timeline: 'T', mode: 'verify' })).body);
});
afterAll(() => api.stop());

/** What is said of the answer, in any order of lines. The length of the metrics is another each time. */
function saidIn(head: string, path: string): readonly string[] {
  const [status = '', ...lines] = head.split('\r\n');
  const isSaid = (line: string): boolean =>
    /^(?:content-|etag|cache-control)/i.test(line) && !(path === '/metrics' && /^content-length/i.test(line));
  return [status, ...lines.filter(isSaid).sort()];
}

test('HEAD is answered on every route as GET is, without the body', async () => {
  const { body: reference } = await api.get('/openapi.json');
  const routes = Object.entries<Record<string, unknown>>(reference.paths).filter(([, route]) => 'get' in route);
  expect(routes.length).toBeGreaterThan(30);
  const ids = { timeline: 'T', other: 'U', agentId: 'ann', marketId: 'm', name: 'd', id: replayId, code: 'fault' };
  const differing: unknown[] = [];
  for (const path of [...routes.map(([path]) => path), '/openapi.json', '/docs', '/docs/swagger-ui.css']) {
    const named = path.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name]);
    const target = path.endsWith('/step') ? `${named}?version=2` : named;
    const connection = await RawConnection.open(api.url);
    const fields = 'host: localhost\r\n\r\n';
    // A body would stand before the second answer.
    connection.write(`HEAD ${target} HTTP/1.1\r\n${fields}GET /problems/none HTTP/1.1\r\n${fields}`);
    const follows = /^([^]*?)\r\n\r\n(?:HTTP\/1\.1 404 [^]*|$)/;
    await until(() => connection.statuses.includes(404));
    const get = await RawConnection.open(api.url);
    get.write(`GET ${target} HTTP/1.1\r\n${fields}`);
    await until(() => get.received.includes('\r\n\r\n'));
    const heads = [follows.exec(connection.received)?.[1] ?? '', get.received.split('\r\n\r\n', 1)[0] ?? ''];
    const [headSaid, getSaid] = heads.map((head) => saidIn(head, path));
    if (JSON.stringify(headSaid) !== JSON.stringify(getSaid)) differing.push({ target, headSaid, getSaid });
    connection.close();
    get.close();
  }
  expect(differing).toEqual([]);
});
