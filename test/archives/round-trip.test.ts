import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkArchive, importArchive, writeArchive, TimelineNotInLog } from '#archives';
import { checkCommit, genesisHead, TimelineGone, type EventLog, type Head } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import { createMigratedDatabase } from '../event-log/migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvents, proposedKey } from '../event-log/proposals.js';
import { bend } from '../runtime/harness.js';
import { until } from '../server.js';
import { archiveOf, fillTimeline, importInto as into, inPieces, linesOf } from './archives.js';

const opened: (() => Promise<void>)[] = [];
let log: EventLog;
let other: EventLog;

beforeEach(async () => {
  log = await openLog();
  other = await openLog();
});

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function openLog(): Promise<EventLog> {
  const database = await createMigratedDatabase();
  const opening = { url: database.url, poolMax: 12, applicationName: 'archives', appendTimeoutMs: 5_000 };
  const postgres = await openPostgresLog(opening);
  opened.push(async () => {
    await postgres.close();
    await database.drop();
  });
  return postgres;
}

/** The head that the stored rows of a timeline add up to. */
async function verifiedHead(log: EventLog, name: string): Promise<Head> {
  const timeline = await log.findTimeline(name);
  if (timeline === undefined) throw new Error(`there is no timeline ${name}`);
  let head = genesisHead();
  for await (const commit of log.readCommits({ timelineId: timeline.timelineId, afterVersion: 0 })) {
    head = checkCommit(head, commit);
  }
  expect(head).toEqual(timeline.head);
  return head;
}

describe('an archive of everything', () => {
  test('makes the same log in an empty database, and the same archive of it', async () => {
    const reality = await fillTimeline(log, 'REALITY', [1, 3, 20]);
    const second = await fillTimeline(log, 'SECOND', [2, 2, 1, 5]);
    const archive = await archiveOf(log);
    const outcome = await into(other, archive);
    expect(outcome).toEqual({
      status: 'imported',
      timelines: [reality, second].map(({ name, head }) => ({
        timeline: name,
        version: head.version,
        chainHash: head.hash,
        already: false,
      })),
    });
    expect(await verifiedHead(other, 'REALITY')).toEqual(reality.head);
    expect(await verifiedHead(other, 'SECOND')).toEqual(second.head);
    expect(linesOf(await archiveOf(other)).slice(1, -1)).toEqual(linesOf(archive).slice(1, -1));
  });

  test('of nothing is an archive too', async () => {
    const archive = await archiveOf(log);
    expect(await into(other, archive)).toEqual({ status: 'imported', timelines: [] });
  });

  test('is imported again without an effect', async () => {
    await fillTimeline(log, 'REALITY', [1, 3, 20]);
    const archive = await archiveOf(log);
    await into(other, archive);
    const [timeline] = await other.listTimelines({ afterName: null, limit: 2 });
    if (timeline === undefined) throw new Error('nothing was imported');
    const head = await appended(other.append(appendRequest(timeline.timelineId, timeline.head)));
    expect(await into(other, archive)).toMatchObject({ status: 'imported', timelines: [{ already: true }] });
    expect(await verifiedHead(other, 'REALITY')).toEqual(head);
  });

  test('carries commits that are larger than one statement, and their order', async () => {
    const timeline = await fillTimeline(log, 'REALITY', [4_500, 1, 1_999, 2_000, 2_001]);
    await into(other, await archiveOf(log));
    expect(await verifiedHead(other, 'REALITY')).toEqual(timeline.head);
  });

  test('carries the keys of creations', async () => {
    const key = proposedKey('creation', { firstVersion: 1, lastVersion: 1, reply: '{"timeline":"KEYED"}' });
    const events = proposedEvents(1);
    await log.createTimeline({ name: 'KEYED', fork: null, events, key, recordedAtMs: 1, writer: 'w' });
    const archive = await archiveOf(log);
    await into(other, archive);
    expect(await other.findServerKey(key.digest)).toEqual(key);
    const renamed = await openLog();
    await into(renamed, archive, new Map([['KEYED', 'NEW']]));
    expect(await renamed.findServerKey(key.digest)).toBeUndefined();
  });
});

describe('a name that another timeline has', () => {
  test('refuses the import, and nothing of it is there', async () => {
    await fillTimeline(log, 'A', [1]);
    await fillTimeline(log, 'B', [1]);
    await fillTimeline(other, 'B', [2]);
    const before = await other.listTimelines({ afterName: null, limit: 10 });
    expect(await into(other, await archiveOf(log))).toEqual({ status: 'name-taken', name: 'B' });
    expect(await other.listTimelines({ afterName: null, limit: 10 })).toEqual(before);
  });

  test('can be given another one', async () => {
    const timeline = await fillTimeline(log, 'B', [1, 5]);
    await fillTimeline(other, 'B', [2]);
    const archive = await archiveOf(log);
    expect(await into(other, archive, new Map([['B', 'C']]))).toMatchObject({ timelines: [{ timeline: 'C' }] });
    expect(await verifiedHead(other, 'C')).toEqual(timeline.head);
    expect(await into(other, archive, new Map([['X', 'C']]))).toEqual({ status: 'renaming-unknown', name: 'X' });
    const both = await archiveOf(other);
    expect(await into(log, both, new Map([['B', 'C']]))).toEqual({ status: 'renaming-ambiguous', name: 'C' });
  });

  test('is refused also where the one there is the beginning of the same history', async () => {
    const timeline = await fillTimeline(log, 'A', [1]);
    await into(other, await archiveOf(log));
    await appended(log.append(appendRequest(timeline.timelineId, timeline.head)));
    expect(await into(other, await archiveOf(log))).toEqual({ status: 'name-taken', name: 'A' });
  });
});

test('an archive of one timeline has no other, and of none there is none', async () => {
  await fillTimeline(log, 'A', [1]);
  await fillTimeline(log, 'B', [1]);
  const { timelines } = await checkArchive(inPieces(await archiveOf(log, { timeline: 'B' })));
  expect(timelines.map(({ name }) => name)).toEqual(['B']);
  await expect(archiveOf(log, { timeline: 'C' })).rejects.toThrow(TimelineNotInLog);
});

test('a damaged archive leaves nothing behind', async () => {
  await fillTimeline(log, 'A', [1, 2_000, 2_000]);
  const archive = await archiveOf(log);
  await expect(into(other, archive.subarray(0, -9))).rejects.toThrow(/cut off/);
  expect(await other.listTimelines({ afterName: null, limit: 10 })).toEqual([]);
});

test('an archive that breaks or changes while it is imported leaves nothing behind', async () => {
  await fillTimeline(log, 'A', [1, 4_000, 4_000, 4_000]);
  const archive = await archiveOf(log);
  const checked = await checkArchive(inPieces(archive));
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield* inPieces(archive.subarray(0, archive.length - 4_000), 10_000);
    throw new Error('the disk broke');
  }
  await expect(importArchive(other, breaking(), { checked })).rejects.toThrow('the disk broke');
  const second = await archiveOf(log);
  const changed = importArchive(other, inPieces(second), { checked });
  await expect(changed).rejects.toThrow('changed since it was checked');
  expect(await other.listTimelines({ afterName: null, limit: 10 })).toEqual([]);
});

test('a consumer that stops early ends the reading', async () => {
  await fillTimeline(log, 'A', [4_000, 4_000, 4_000, 4_000]);
  for await (const chunk of writeArchive(log)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await log.close();
  opened.shift();
});

test('a timeline that is removed while it is read ends the archive, which would lack its keys', async () => {
  const { timelineId } = await fillTimeline(log, 'A', [3]);
  const bent = bend(log, {
    listKeys: async (request) => {
      await log.removeTimeline(timelineId, null);
      return log.listKeys(request);
    },
  });
  await expect(archiveOf(bent)).rejects.toThrow(TimelineGone);
});

test('an archive taken while eight write is the log as it was at one moment', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `T${index}`);
  for (const name of names) await fillTimeline(log, name, [300, 300]);
  let stop = false;
  let written = 0;
  const writtenOf = new Map<string, number>();
  const writers = names.map(async (name) => {
    const record = await log.findTimeline(name);
    let head = record?.head;
    while (!stop && record !== undefined && head !== undefined) {
      const { version } = head;
      const keys = [proposedKey(`${name} ${version + 1}`, { firstVersion: version + 1, lastVersion: version + 5 })];
      head = await appended(log.append(appendRequest(record.timelineId, head, { events: proposedEvents(5), keys })));
      written += 1;
      writtenOf.set(name, (writtenOf.get(name) ?? 0) + 1);
    }
  });
  await until(() => names.every((name) => (writtenOf.get(name) ?? 0) >= 5));
  const before = written;
  const archive = await archiveOf(log);
  const during = written - before;
  stop = true;
  await Promise.all(writers);
  expect(during).toBeGreaterThan(0);
  const { timelines } = await checkArchive(inPieces(archive));
  await into(other, archive);
  for (const { name, head } of timelines) {
    expect(await verifiedHead(other, name)).toEqual(head);
    const source = await log.findTimeline(name);
    if (source === undefined) throw new Error(`there is no timeline ${name}`);
    expect((await log.findCommit(source.timelineId, head.version))?.hash).toBe(head.hash);
    const target = await other.findTimeline(name);
    if (target === undefined) throw new Error(`there is no timeline ${name}`);
    const all = { afterDigest: null, limit: 100_000, toVersion: head.version };
    const keys = await other.listKeys({ timelineId: target.timelineId, ...all });
    expect(keys.length).toBeGreaterThan(4);
    expect(keys).toEqual(await log.listKeys({ timelineId: source.timelineId, ...all }));
  }
});

test('while an import is under way a timeline of a name in it cannot appear twice', async () => {
  await fillTimeline(log, 'A', [1]);
  const archive = await archiveOf(log);
  const outcomes = await Promise.all([
    into(other, archive),
    into(other, archive),
    createTimeline(other, 'A').catch(() => null),
  ]);
  expect(await other.listTimelines({ afterName: null, limit: 10 })).toHaveLength(1);
  expect(outcomes.slice(0, 2).every((outcome) => outcome !== null && 'status' in outcome)).toBe(true);
});
