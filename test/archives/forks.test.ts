import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkArchive } from '#archives';
import {
  checkCommit,
  genesisHead,
  headAt,
  openMemoryLog,
  type EventLog,
  type Head,
  type TimelineRecord,
} from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import type { OpenedLog } from '../event-log/contract.js';
import { createMigratedDatabase } from '../event-log/migrated-database.js';
import { appended, appendRequest, proposedEvent, proposedEvents, proposedKey } from '../event-log/proposals.js';
import { archiveOf, fillTimeline, importInto, inPieces, linesOf, sealedArchive } from './archives.js';

const openMemory = (): Promise<OpenedLog> => {
  const log = openMemoryLog();
  return Promise.resolve({ log, close: () => log.close() });
};

async function openPostgres(): Promise<OpenedLog> {
  const database = await createMigratedDatabase();
  const opening = { url: database.url, poolMax: 12, applicationName: 'archives', appendTimeoutMs: 5_000 };
  const log = await openPostgresLog(opening);
  return { log, close: () => log.close().then(() => database.drop()) };
}

async function found(log: EventLog, name: string): Promise<TimelineRecord> {
  const record = await log.findTimeline(name);
  if (record === undefined) throw new Error(`there is no timeline ${name}`);
  return record;
}

async function fork(log: EventLog, parent: string, at: number, name: string, sizes: readonly number[]): Promise<void> {
  const { timelineId } = await found(log, parent);
  const head = await headAt(log, timelineId, at);
  if (head === undefined) throw new Error(`${parent} has no version ${at}`);
  const outcome = await log.createTimeline({
    name,
    fork: { timelineId, name: parent, head },
    events: [proposedEvent({ type: 'TimelineForked' })],
    key: null,
    recordedAtMs: 1_700_000_000_200,
    writer: 'api-2',
  });
  if (outcome.status !== 'created') throw new Error(`the fork was ${outcome.status}`);
  let own: Head = outcome.timeline.head;
  for (const size of sizes) {
    const keys = [
      proposedKey(`${name} ${own.version}`, { firstVersion: own.version + 1, lastVersion: own.version + size }),
    ];
    const request = appendRequest(outcome.timeline.timelineId, own, { events: proposedEvents(size), keys });
    own = await appended(log.append(request));
  }
  await log.saveLabel(outcome.timeline.timelineId, { label: `branch-of-${name}`, version: at }, null);
  await log.saveLabel(outcome.timeline.timelineId, { label: `end-of-${name}`, version: own.version }, null);
}

/** The head that a timeline's log adds up to, read through its ancestry. */
async function verifiedHead(log: EventLog, name: string): Promise<Head> {
  const { timelineId, head: stored } = await found(log, name);
  let head = genesisHead();
  for await (const commit of log.readCommits({ timelineId, afterVersion: 0 })) head = checkCommit(head, commit);
  expect(head).toEqual(stored);
  return head;
}

const listed = (log: EventLog): Promise<readonly TimelineRecord[]> =>
  log.listTimelines({ afterName: null, limit: 100 });

/** Root of 1 + 3 + 20 + 2 versions, and forks within commits, at their ends, of forks, and below their parent's own. */
async function plantTree(log: EventLog): Promise<void> {
  const { timelineId } = await fillTimeline(log, 'ROOT', [3, 20, 2]);
  await log.saveLabel(timelineId, { label: 'early', version: 2 }, null);
  await log.saveLabel(timelineId, { label: 'late', version: 25 }, null);
  await fork(log, 'ROOT', 10, 'WITHIN', [2, 5]);
  await fork(log, 'ROOT', 24, 'AT-END', []);
  await fork(log, 'WITHIN', 13, 'OF-FORK', [1]);
  await fork(log, 'WITHIN', 4, 'BELOW', [4]);
  await fork(log, 'WITHIN', 10, 'AT-BRANCH', [1, 1]);
  await fork(log, 'BELOW', 3, 'BELOW-BELOW', []);
  await fork(log, 'AT-BRANCH', 11, 'DEEP', [3]);
}

describe.each([
  ['on PostgreSQL', openPostgres],
  ['in memory', openMemory],
])('a tree of forks %s', (_where, open) => {
  let source: OpenedLog;
  let target: OpenedLog;

  beforeEach(async () => {
    source = await open();
    target = await open();
    await plantTree(source.log);
  });

  afterEach(async () => {
    await source.close();
    await target.close();
  });

  test('survives whole, with labels and keys', async () => {
    const archive = await archiveOf(source.log);
    expect(await importInto(target.log, archive)).toMatchObject({ status: 'imported' });
    expect(linesOf(await archiveOf(target.log)).slice(1, -1)).toEqual(linesOf(archive).slice(1, -1));
    const timelines = await listed(source.log);
    expect(timelines).toHaveLength(8);
    for (const { name, head, timelineId } of timelines) {
      expect(await verifiedHead(target.log, name)).toEqual(head);
      const restored = await found(target.log, name);
      const page = { afterLabel: null, limit: 100 };
      expect(await target.log.listLabels(restored.timelineId, page)).toEqual(
        await source.log.listLabels(timelineId, page),
      );
      const digests = ['ROOT 2', 'ROOT 5', 'WITHIN 11', 'WITHIN 13', `${name} 20`].map(
        (key) => proposedKey(key).digest,
      );
      const burnt = (await source.log.confirm(timelineId, digests)).keys;
      expect((await target.log.confirm(restored.timelineId, digests)).keys).toEqual(burnt);
    }
  });

  test.each(['ROOT', 'WITHIN', 'AT-END', 'OF-FORK', 'BELOW', 'AT-BRANCH', 'BELOW-BELOW', 'DEEP'])(
    'may be archived by one of its timelines: %s',
    async (name) => {
      const archive = await archiveOf(source.log, { timeline: name });
      const { timelines } = await checkArchive(inPieces(archive));
      expect(timelines.at(-1)?.name).toBe(name);
      await importInto(target.log, archive);
      expect(await listed(target.log)).toHaveLength(timelines.length);
      expect(await verifiedHead(target.log, name)).toEqual((await found(source.log, name)).head);
      for (const ancestor of timelines) await verifiedHead(target.log, ancestor.name);
    },
  );

  test('is joined by an archive of one of its forks: what is there already is used', async () => {
    const root = await archiveOf(source.log, { timeline: 'ROOT' });
    await importInto(target.log, root);
    const outcome = await importInto(target.log, await archiveOf(source.log, { timeline: 'DEEP' }));
    expect(outcome).toMatchObject({
      timelines: [
        { timeline: 'ROOT', already: true },
        { timeline: 'WITHIN', already: false },
        { timeline: 'AT-BRANCH', already: false },
        { timeline: 'DEEP', already: false },
      ],
    });
    expect(await verifiedHead(target.log, 'DEEP')).toEqual((await found(source.log, 'DEEP')).head);
    expect(await importInto(target.log, root)).toMatchObject({ timelines: [{ already: true }] });
  });

  test('keeps its shape under new names', async () => {
    const rename = new Map([
      ['ROOT', 'R2'],
      ['WITHIN', 'W2'],
    ]);
    const archive = await archiveOf(source.log, { timeline: 'WITHIN' });
    await importInto(source.log, archive, rename);
    expect((await found(source.log, 'W2')).parent).toMatchObject({ name: 'R2', forkVersion: 10 });
    expect(await verifiedHead(source.log, 'W2')).toEqual((await found(source.log, 'WITHIN')).head);
  });

  test('of a removed timeline there is nothing to import', async () => {
    const archive = await archiveOf(source.log, { timeline: 'DEEP' });
    await source.log.removeTimeline((await found(source.log, 'DEEP')).timelineId, null);
    expect(await importInto(source.log, archive)).toEqual({ status: 'name-taken', name: 'DEEP' });
  });
});

test('a fork on another version or another history than it was made on is refused', async () => {
  const log = openMemoryLog();
  await plantTree(log);
  const [first = '', ...others] = linesOf(await archiveOf(log)).slice(0, -1);
  const manifest = JSON.parse(first);
  const forks = manifest.timelines.filter(({ parent }: { parent: unknown }) => parent !== null);
  for (const fork of forks) {
    for (const parent of [
      null,
      { ...fork.parent, forkVersion: fork.parent.forkVersion - 1 },
      { ...fork.parent, name: manifest.timelines.find(({ name }: { name: string }) => name !== fork.name).name },
    ]) {
      if (parent?.name === fork.parent.name && parent?.forkVersion === fork.parent.forkVersion) continue;
      const timelines = manifest.timelines.map((timeline: { name: string }) =>
        timeline.name === fork.name ? { ...timeline, parent } : timeline,
      );
      const isSameHistory = fork.name === 'BELOW' || fork.name === 'BELOW-BELOW' || fork.name === 'AT-BRANCH';
      const checked = checkArchive(inPieces(sealedArchive([JSON.stringify({ ...manifest, timelines }), ...others])));
      // Below its own beginning a fork has the very history of its parent, and so the same hash to stand on.
      if (isSameHistory && parent !== null && parent.forkVersion === fork.parent.forkVersion) await checked;
      else await expect(checked).rejects.toThrow(/^line \d+/);
    }
  }
});

test('any tree of forks survives', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 });
  const forks = fc.array(fc.record({ of: fc.nat(), at: fc.nat(), sizes }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, forks, async (rootSizes, planned) => {
      const log = openMemoryLog();
      await fillTimeline(log, 'T0', rootSizes);
      for (const [index, { of, at, sizes: own }] of planned.entries()) {
        const parent = await found(log, `T${of % (index + 1)}`);
        await fork(log, parent.name, 1 + (at % parent.head.version), `T${index + 1}`, own);
      }
      const archive = await archiveOf(log);
      const copy = openMemoryLog();
      await importInto(copy, archive);
      expect(linesOf(await archiveOf(copy)).slice(1, -1)).toEqual(linesOf(archive).slice(1, -1));
      for (const { name, head } of await listed(log)) {
        expect(await verifiedHead(copy, name)).toEqual(head);
        const alone = openMemoryLog();
        await importInto(alone, await archiveOf(log, { timeline: name }));
        expect(await verifiedHead(alone, name)).toEqual(head);
      }
    }),
    { numRuns: 60 },
  );
});
