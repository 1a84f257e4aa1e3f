import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { downloadArchive } from '../../apps/admin/archives/over-http.js';

test('a download whose connection is reset fails, and does not end the process', async () => {
  let answered: ServerResponse | undefined;
  const standIn = createServer((_request, response) => {
    answered = response;
    response.writeHead(200).write('the beginning');
  });
  standIn.listen(0, '127.0.0.1');
  await once(standIn, 'listening');
  const url = `http://127.0.0.1:${(standIn.address() as AddressInfo).port}`;
  const health = { status: 'healthy', database: 'available', version: '1.0.0' };
  const download = downloadArchive({ url, health, headers: {} }, undefined);
  expect(String((await download.next()).value)).toBe('the beginning');
  const rest = download.next();
  answered?.socket?.resetAndDestroy();
  await expect(rest).rejects.toMatchObject({ exitCode: 3, code: 'server-unavailable' });
  standIn.close();
});
