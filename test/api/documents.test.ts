import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestApi, type TestApi } from './api.js';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi({ documentsMax: 5, documentBytesMax: 3_000_000 });
  await api.createVirtual('T');
});

afterAll(() => api.stop());

test.each([
  '{"b": 1, "a": 2, "b": 3}',
  ' [1e400, 9007199254740993, 0.10, -0]\n',
  '"\\ud83d\\ude00 \u{1f600} \\u0000"',
  'null',
  '12345678901234567890.123456789',
])('%j comes back exactly as it was sent', async (text) => {
  const saved = await api.call('PUT', 'documents/memory', text);
  expect(saved).toMatchObject({
    status: 200,
    body: { result: { name: 'memory', sizeBytes: Buffer.byteLength(text) } },
  });
  const loaded = await api.get('documents/memory');
  expect(loaded.text).toBe(text);
  expect(loaded.headers.get('content-type')).toMatch('application/json');
  expect(loaded.headers.get('etag')).toBe(`"${saved.body.version}"`);
});

test('saving the same text again appends nothing', async () => {
  const first = await api.call('PUT', 'documents/same', '[1]');
  const again = await api.call('PUT', 'documents/same', '[1]');
  expect(again.body).toMatchObject({ version: first.body.version, result: first.body.result, events: [] });
});

test.each([
  ['an empty body', ''],
  ['no JSON', '{a: 1}'],
  ['two values', '1 2'],
  ['a lone surrogate', '["\\ud800"]'],
  ['a __proto__ field', '{"a": {"__proto__": {}}}'],
  ['65 levels', '['.repeat(65) + ']'.repeat(65)],
])('%s is no document', async (_what, text) => {
  const reply = await api.call('PUT', 'documents/bad', text);
  expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-input' } });
  expect((await api.get('documents/bad')).status).toBe(404);
});

test('1 MiB is the most, exactly', async () => {
  const text = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
  expect((await api.call('PUT', 'documents/large', text(1_048_576))).status).toBe(200);
  expect((await api.call('PUT', 'documents/large', text(1_048_577))).status).toBe(413);
});

test('a timeline keeps so many and no more', async () => {
  for (const name of ['a', 'b']) await api.call('PUT', `documents/${name}`, '1');
  expect(await api.call('PUT', 'documents/c', '1')).toMatchObject({
    status: 409,
    body: { code: 'document-limit-reached' },
  });
  expect((await api.call('DELETE', 'documents/b')).body.result).toEqual({ name: 'b' });
  expect(await api.call('DELETE', 'documents/b')).toMatchObject({ status: 404, body: { code: 'document-unknown' } });
  const { body } = await api.get('documents');
  expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['a', 'large', 'memory', 'same']);
  expect(body.items[0]).toMatchObject({
    sizeBytes: 1,
    version: expect.any(Number),
    savedAt: '1970-01-01T00:00:00.000Z',
  });
});
