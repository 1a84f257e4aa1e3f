import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { issuerKeys } from '../../apps/api/access/issuer-keys.js';

test('an issuer that failed is asked again half a minute later, and not before', async () => {
  let [asked, nowMs] = [0, 0];
  const issuer = createServer((_request, response) => {
    asked += 1;
    response.writeHead(asked === 1 ? 500 : 200).end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const keys = issuerKeys(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`, () => nowMs);
  const look = async () => keys({ alg: 'RS256', kid: 'k' }, { payload: '', signature: '' });
  await expect(look()).rejects.toThrow('status 500');
  nowMs = 29_999;
  await expect(look()).rejects.toThrow('a moment ago');
  expect(asked).toBe(1);
  nowMs = 30_000;
  await expect(look()).rejects.toThrow('no applicable key');
  expect(asked).toBe(2);
  issuer.closeAllConnections();
  issuer.close();
});
