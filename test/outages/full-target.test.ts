import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seed } from '../admin/seed-line.js';
import { openTestApi, send, type TestApi } from '../api/api.js';
import { openSmallDisk, type SmallDisk } from '../faults/small-disk.js';

let api: TestApi;
let disk: SmallDisk;

beforeAll(async () => {
  disk = await openSmallDisk(1);
  api = await openTestApi();
  await api.createVirtual('T');
  // More than the disk holds, and nothing that could be pressed together.
  for (let i = 0; i < 20; i += 1) {
    const url = `${api.url}/v1/timelines/T/documents/d`;
    const saved = await send(url, 'PUT', { text: randomBytes(100_000).toString('base64') });
    expect(saved.status).toBe(200);
  }
});

afterAll(async () => {
  await api.stop();
  await disk.remove();
});

test.each([
  ['an export', () => ['export', join(disk.folder, 'all.seed.gz')]],
  ['a backup', () => ['backup', '--to', disk.folder]],
])('%s that does not fit says so in a sentence, and leaves nothing of itself', async (_what, words) => {
  const ran = await seed(words(), { DATABASE_URL: api.databaseUrl });
  expect(ran.exitCode).not.toBe(0);
  expect(ran.err).toContain('cannot be written: there is no room left.');
  expect(ran.out).toBe('');
  expect(await readdir(disk.folder)).toEqual([]);
});
