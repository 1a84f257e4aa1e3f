import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS_SECRET } from '../access-secret.js';
import { created, event } from '../archives/archives.js';
import { createMigratedDatabase } from '../event-log/migrated-database.js';
import { appended, appendRequest, createTimeline } from '../event-log/proposals.js';
import type { TestDatabase } from '../postgres.js';
import { withLogOf } from './archives.js';
import { seed, type Ran } from './seed-line.js';

// Whatever stands in a log, an archive or a key was written by others. No command lets it act on the terminal, or make a line.

const HOSTILE = 'Ann\r\nFORGED\u001b[2K\u001b]0;x\u0007\u0085\u009b31m\u007f\u202eevil\u2066\u200b\u2028end';
const RAW = /[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/u;

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createMigratedDatabase();
  folder = await mkdtemp(join(tmpdir(), 'seed-foreign-'));
  const market = {
    ...{ marketId: 'm', eventId: null, title: HOSTILE, description: HOSTILE, domain: 'unknown', duration: 'micro' },
    ...{ outcomes: [HOSTILE, 'NO'], mechanism: 'fixed-product', liquidity: '1000000', feeBps: 0 },
    ...{ expiresAtMs: 1_800_000_000_000, viralityTenths: null, automatic: false },
  };
  await withLogOf(database.url, async (log) => {
    const trunk = await createTimeline(log, 'T', [
      created(),
      { ...event('AgentRegistered', { agentId: 'ann', name: HOSTILE }), actor: HOSTILE.replaceAll('\n', '') },
      event('MarketCreated', market),
      event('MarketClosed', { marketId: 'm', reason: 'command' }),
      event('MarketVoided', { marketId: 'm', reason: HOSTILE, payouts: [], returned: '1000000', proRata: false }),
      event('WorldStateRecorded', { recentReasoning: HOSTILE, appendLines: [HOSTILE] }),
    ]);
    const { timelineId } = trunk;
    const { version, hash } = trunk.head;
    await log.createTimeline({
      name: 'F',
      fork: { timelineId, name: 'T', head: { version, hash } },
      events: [event('TimelineForked', { clock: 'virtual', offsetMs: 0, reason: HOSTILE })],
      ...{ key: null, recordedAtMs: 1_700_000_000_000, writer: HOSTILE },
    });
    const result = { said: HOSTILE };
    const completed = event('TimelineCompleted', { result });
    await appended(log.append(appendRequest(timelineId, trunk.head, { events: [completed] })));
    await log.saveLabel(timelineId, { label: HOSTILE, version: 2 }, null);
    await log.access.createKey(
      {
        ...{ keyId: 'abcdefghijkl', name: HOSTILE, role: 'reader', agentId: null, timelines: [HOSTILE] },
        ...{ hmac: 'ab'.repeat(32), createdBy: HOSTILE, expiresAtMs: null },
      },
      10,
    );
    const record = { who: HOSTILE, keyId: null, action: 'CreateKey', target: HOSTILE, timeline: HOSTILE };
    const id = await log.access.recordAction({ ...record, reason: HOSTILE, traceId: null });
    await log.access.recordOutcome(id, HOSTILE);
  });
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const on = (...words: readonly string[]): Promise<Ran> => seed(words, { DATABASE_URL: database.url, ACCESS_SECRET });

function expectTame({ out, err }: Ran): void {
  for (const text of [out, err]) {
    expect(RAW.exec(text)).toBeNull();
    expect(text.split('\n').filter((line) => line.startsWith('FORGED'))).toEqual([]);
  }
}

describe.each([
  ['audit', ['audit', '--database']],
  ['compare', ['compare', 'T', 'F']],
  ['events', ['events', 'T']],
  ['events of a fork', ['events', 'F']],
  ['forks', ['forks', 'T']],
  ['keys list', ['keys', 'list', '--database']],
  ['label', ['label', 'T']],
  ['state', ['state', 'T']],
  ['state in full', ['state', 'T', '--full']],
  ['status', ['status']],
  ['verify', ['verify', 'T']],
  ['snapshot', ['snapshot', 'F']],
  ['doctor', ['doctor']],
])('seed %s', (_what, words) => {
  test.each(['for people', 'for programs'])('%s shows what others wrote as one line', async (form) => {
    const ran = await on(...words, ...(form === 'for people' ? [] : ['--json']));
    expectTame(ran);
    expect(ran.err).not.toMatch('made a mistake');
  });
});

test('programs are told the very text', async () => {
  const { json } = await on('keys', 'list', '--database', '--json');
  expect(json.items[0].name).toBe(HOSTILE);
  const { out } = await on('keys', 'list', '--database');
  expect(out).toMatch(String.raw`Ann\u000d\nFORGED\u001b[2K\u001b]0;x\u0007\u0085\u009b31m\u007f\u202eevil`);
});

test('what is wrong with a file is told in one line too, and so is a name that is asked for', async () => {
  const file = join(folder, 'a\u001b[2K\nFORGED.seed.gz');
  await writeFile(file, 'no archive');
  for (const words of [
    ['import', file],
    ['import', `${file}.missing`],
    ['export', join(folder, 'no\u001b[2K\nFORGED', 'x.gz')],
    ['backup', 'list', `${folder}/none\u202e`],
    ['state', 'T', `--at=\u009b31m`],
    ['keys', 'revoke', 'abc\u001b\nFORGED', '--database'],
    ['\u001b[2K'],
  ]) {
    const ran = await on(...words);
    expect([words, ran.exitCode]).not.toEqual([words, 0]);
    expectTame(ran);
  }
});

test('the line that tells how far it is moves nothing but itself', async () => {
  const file = join(folder, 'seed.20260101T000000.000Z.seed.gz');
  const hostile = join(folder, `b\u001b[31m`);
  expect((await on('export', file)).exitCode).toBe(0);
  expect((await on('export', hostile)).exitCode).toBe(0);
  let drawn = '';
  const terminal = { columns: 300, write: (text: string) => void (drawn += text) };
  const ran = await seed(['import', hostile, '--dry-run', '--accept-stopped'], {}, { terminal });
  expectTame(ran);
  expect(drawn.replaceAll('\r', '').replaceAll('\u001b[K', '')).not.toMatch(RAW);
});
