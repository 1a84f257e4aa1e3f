import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, exportSPKI, SignJWT, type CryptoKey, generateKeyPair } from 'jose';
import { openProtectedApi, type ProtectedApi } from './access.js';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'seed';

let jwks: Server;
/** What the issuer answers with; null: nothing at all, for ever. */
let answer: (() => string) | null;
let asked = 0;
let held: ProtectedApi;
let rsa: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };
let ec: typeof rsa;
let foreign: typeof rsa;

beforeAll(async () => {
  rsa = await generateKeyPair('RS256', { extractable: true });
  ec = await generateKeyPair('ES256', { extractable: true });
  foreign = await generateKeyPair('RS256', { extractable: true });
  const keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', use: 'sig' },
  ];
  const published = JSON.stringify({ keys });
  answer = () => published;
  jwks = createServer((_request, response) => {
    asked += 1;
    if (answer !== null) response.setHeader('content-type', 'application/json').end(answer());
  }).listen(0, '127.0.0.1');
  await once(jwks, 'listening');
  held = await openProtectedApi({
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    JWT_JWKS_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`,
  });
  await held.ask(held.admin, 'POST', '/v1/timelines', { name: 'T', clock: 'virtual' });
  await held.ask(held.admin, 'POST', 'agents', { agentId: 'ann', deposit: '100' });
});

afterAll(async () => {
  await held.api.stop();
  jwks.closeAllConnections();
  jwks.close();
});

const now = (): number => Math.floor(Date.now() / 1_000);

const GOOD = { sub: 'ann@example.com', seed_role: 'reader', seed_timelines: ['T'] };

/** A token as the issuer makes it, but for what is given. */
function token(
  claims: object = {},
  {
    alg = 'RS256',
    kid = 'rsa',
    key = rsa.privateKey,
  }: { readonly alg?: string; readonly kid?: string | undefined; readonly key?: CryptoKey | Uint8Array } = {},
): Promise<string> {
  const payload = { iss: ISSUER, aud: AUDIENCE, iat: now(), exp: now() + 600, ...GOOD, ...claims };
  const defined = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return new SignJWT(defined).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(key);
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const statusWith = async (text: string): Promise<number> => (await held.ask(text, 'GET', 'agents')).status;

describe('a token', () => {
  test.each([
    ['RS256', 'rsa', () => rsa],
    ['ES256', 'ec', () => ec],
  ])('signed with %s is taken', async (alg, kid, pair) => {
    expect(await statusWith(await token({}, { alg, kid, key: pair().privateKey }))).toBe(200);
  });

  test('is the actor of what is done with it, by its subject', async () => {
    const text = await token({ sub: 'bots', seed_role: 'agent', seed_agent: 'ann' });
    const stake = (amount: string) => held.ask(text, 'POST', 'agents/ann/stakes', { amount });
    const { status, body } = await stake('1');
    expect(status).toBe(200);
    const { timelineId } = (await held.api.log.findTimeline('T')) ?? {};
    if (timelineId === undefined) throw new Error('there is no timeline T');
    const { events } = await held.api.log.readEvents({ timelineId, afterVersion: body.version - 1, limit: 1 });
    expect(events[0]?.actor).toBe('jwt:bots');
    expect((await held.ask(text, 'POST', 'agents/bob/stakes', { amount: '1' })).status).toBe(403);
    expect((await held.ask(text, 'POST', 'agents/ann/deposits', { amount: '1' })).status).toBe(403);
  });

  test('reaches the timelines that it names, and none by default', async () => {
    const reaches = async (claims: object) => {
      const text = await token(claims);
      return [await statusWith(text), (await held.ask(text, 'GET', '/v1/timelines/T2')).status];
    };
    expect(await reaches({ seed_timelines: ['T'] })).toEqual([200, 403]);
    expect(await reaches({ seed_timelines: '*' })).toEqual([200, 404]);
    expect(await reaches({ seed_timelines: undefined })).toEqual([401, 401]);
    expect(await reaches({ seed_role: 'admin', seed_timelines: undefined })).toEqual([200, 404]);
  });

  test.each([
    ['expired', { exp: 1 }],
    ['expired just now, beyond the tolerance', { exp: Math.floor(Date.now() / 1_000) - 10 }],
    ['without an end', { exp: undefined }],
    ['of tomorrow', { nbf: Math.floor(Date.now() / 1_000) + 86_400 }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['without an issuer', { iss: undefined }],
    ['for somebody else', { aud: 'another' }],
    ['for nobody', { aud: undefined }],
    ['of nobody', { sub: undefined }],
    ['of a subject that breaks lines', { sub: 'a\nb' }],
    ['of a number', { sub: 123 }],
    ['of an object', { sub: { toString: 'ann' } }],
    ['of a list', { sub: ['ann'] }],
    ['of an empty subject', { sub: '' }],
    ['that is longer than any', { more: 'x'.repeat(8_000) }],
    ['without a role', { seed_role: undefined }],
    ['of an unknown role', { seed_role: 'root' }],
    ['of two roles', { seed_role: ['reader', 'admin'] }],
    ['of an agent without an id', { seed_role: 'agent' }],
    ['of a reader with an agent', { seed_agent: 'ann' }],
    ['of an admin of one timeline', { seed_role: 'admin' }],
    ['for names that are none', { seed_timelines: ['a b'] }],
    ['for a text', { seed_timelines: 'T' }],
    ['for an object', { seed_timelines: { length: 1, 0: 'T' } }],
  ])('%s is refused', async (_what, claims) => {
    expect(await statusWith(await token(claims))).toBe(401);
  });

  test('of an unknown key is refused, also if it says to be of a known one', async () => {
    expect(await statusWith(await token({}, { kid: 'unknown' }))).toBe(401);
    expect(await statusWith(await token({}, { key: foreign.privateKey }))).toBe(401);
    expect(await statusWith(await token({}, { key: foreign.privateKey, kid: undefined }))).toBe(401);
  });

  test('without a signature is refused, however it spells that', async () => {
    const claims = base64({ iss: ISSUER, aud: AUDIENCE, exp: now() + 600, ...GOOD, seed_role: 'admin' });
    for (const alg of ['none', 'None', 'NONE', '', undefined]) {
      for (const signature of ['', 'AAAA']) {
        expect(await statusWith(`${base64({ alg, kid: 'rsa', typ: 'JWT' })}.${claims}.${signature}`)).toBe(401);
      }
    }
    const [header, payload] = (await token()).split('.');
    expect(await statusWith(`${header}.${payload}.`)).toBe(401);
  });

  test('signed with the published key as if it were a shared secret is refused', async () => {
    const pem = await exportSPKI(rsa.publicKey);
    for (const secret of [pem, pem.trim(), JSON.stringify(await exportJWK(rsa.publicKey))]) {
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        const key = Buffer.from(secret);
        expect(await statusWith(await token({ seed_role: 'admin' }, { alg, key }))).toBe(401);
      }
    }
  });

  test('with a changed payload or header is refused', async () => {
    const [header = '', payload = '', signature = ''] = (await token()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    expect(await statusWith(`${header}.${base64({ ...claims, seed_role: 'admin' })}.${signature}`)).toBe(401);
    const evil = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const jwk = evil.publicKey.export({ format: 'jwk' });
    for (const more of [{ jwk }, { jku: 'http://127.0.0.1:1/jwks' }, { x5u: 'http://127.0.0.1:1/' }]) {
      const unsigned = new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: now() + 600, ...GOOD });
      const text = await unsigned.setProtectedHeader({ alg: 'RS256', kid: 'rsa', ...more }).sign(evil.privateKey);
      expect(await statusWith(text)).toBe(401);
    }
  });

  test('that is none is refused, and never a fault', async () => {
    const good = await token();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const texts = [
      ...['a', '.', '..', '...', 'a.b', 'a.b.c', `${good}.x`, `.${good}`, `${header}..${signature}`],
      ...[`${base64({ alg: 'RS256', kid: 7 })}.${payload}.${signature}`, `${base64([])}.${payload}.${signature}`],
      ...[`${base64({ alg: 'RS256', crit: ['x'], kid: 'rsa' })}.${payload}.${signature}`, '%00', '{}', 'null'],
      ...[`${base64({ alg: 'RS256', b64: false, crit: ['b64'], kid: 'rsa' })}.${payload}.${signature}`],
      ...[`${base64({ alg: 'ES256', kid: 'rsa' })}.${payload}.${signature}`, `${header}.${base64([])}.${signature}`],
      ...Array.from({ length: 100 }, () => randomBytes(40).toString('base64url').replaceAll('_', '.')),
    ];
    for (const text of texts) expect({ text, status: await statusWith(text) }).toEqual({ text, status: 401 });
  });

  test('ends its streams when it ends', async () => {
    const text = await token({ exp: now() + 2 });
    const response = await fetch(`${held.api.url}/v1/timelines/T/events/stream`, {
      headers: { authorization: `Bearer ${text}` },
    });
    expect(response.status).toBe(200);
    const ended = response.text().then(
      () => 'ended',
      () => 'ended',
    );
    expect(await Promise.race([ended, sleep(15_000, 'open', { ref: false })])).toBe('ended');
  });
});

test('the issuer is asked for its keys once, and not for every token', async () => {
  await statusWith(await token());
  const before = asked;
  for (let i = 0; i < 20; i += 1) expect(await statusWith(await token({ jti: String(i) }))).toBe(200);
  for (let i = 0; i < 20; i += 1) expect(await statusWith(await token({}, { kid: `unknown-${i}` }))).toBe(401);
  expect(asked - before).toBeLessThanOrEqual(1);
});

test.each([
  ['is silent', null],
  ['answers with something else', () => 'hello'],
  ['answers with no set of keys', () => '{"keys":5}'],
  ['answers without an end', () => `{"keys":[${'{},'.repeat(500_000)}{}]}`],
])('where the issuer %s, it is asked once, access keys are taken and tokens wait', async (_what, broken) => {
  const good = answer;
  const url = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`;
  answer = broken;
  const other = await openProtectedApi({ JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWT_JWKS_URL: url });
  try {
    const before = asked;
    const texts = await Promise.all(Array.from({ length: 5 }, (_, n) => token({ jti: String(n) })));
    const ask = (text: string) => other.ask(text, 'GET', '/v1/timelines');
    for (const reply of [...(await Promise.all(texts.map(ask))), await ask(await token({ jti: 'later' }))]) {
      expect(reply).toMatchObject({ status: 503, body: { code: 'issuer-unavailable' } });
    }
    expect(asked - before).toBe(1);
    expect((await other.ask(other.admin, 'GET', '/v1/timelines')).status).toBe(200);
  } finally {
    answer = good;
    await other.api.stop();
  }
});
