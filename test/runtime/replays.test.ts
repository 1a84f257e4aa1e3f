import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { TimelineUnknown, VersionAhead } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { createVirtual, deposit, fingerprint, openTestProcess, requestKey, run, type TestProcess } from './harness.js';
import { dice } from '../dice.js';
import { play } from './history.js';
import { EAGER, ended, enrich, plantSnapshot, recordOf, replayed, startReplay, straightHash } from './replaying.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

let database: TestDatabase;
let writer: TestProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  writer = await openTestProcess(database.url, EAGER);
  await createVirtual(writer, 'T');
  for (let part = 0; part < 3; part += 1) {
    await play(writer, 'T', { roll: dice(SEED + part), batches: 10 });
    await writer.runtime.takeSnapshot('T');
  }
});

afterAll(async () => {
  await writer.stop();
  await database.drop();
});

describe(`a verification of a sound timeline (seed ${SEED})`, () => {
  test('matches while commands are written, with the hash of that very version', async () => {
    let isOver = false;
    const writing = (async () => {
      while (!isOver) await run(writer, 'T', deposit('ann', 1));
    })();
    const versions: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const replay = await replayed(writer, { timeline: 'T', mode: 'verify' });
      expect(replay).toMatchObject({
        status: 'completed',
        matches: true,
        firstDifference: null,
        failure: null,
        etaMs: 0,
      });
      expect(replay.version).toBe(replay.of);
      expect(replay.stateHash).toBe(await straightHash(writer, 'T', replay.version));
      versions.push(replay.version);
    }
    isOver = true;
    await writing;
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect((await recordOf(writer, 'T')).head.version).toBeGreaterThan(versions[0] ?? 0);
  });

  test('matches at any version', async () => {
    const { head } = await recordOf(writer, 'T');
    for (const toVersion of [1, Math.floor(head.version / 2), head.version - 1, head.version]) {
      const replay = await replayed(writer, { timeline: 'T', mode: 'verify', toVersion });
      expect(replay).toMatchObject({
        status: 'completed',
        matches: true,
        version: toVersion,
        of: toVersion,
        toVersion,
      });
      expect(replay.stateHash).toBe(await straightHash(writer, 'T', toVersion));
    }
  });

  test('matches for a fork through its ancestry, loaded or not', async () => {
    const { timelineId } = await recordOf(writer, 'T');
    const at = (await writer.log.findCommand(timelineId, 40))?.lastVersion ?? 0;
    await writer.runtime.forkTimeline({ parent: 'T', name: 'F', at, terms: {}, actor: 'test', key: null });
    const unloaded = await replayed(writer, { timeline: 'F', mode: 'verify' });
    await play(writer, 'F', { roll: dice(SEED + 9), batches: 5 });
    await writer.runtime.takeSnapshot('F');
    const loaded = await replayed(writer, { timeline: 'F', mode: 'verify' });
    for (const [replay, version] of [
      [unloaded, at + 1],
      [loaded, (await recordOf(writer, 'F')).head.version],
    ] as const) {
      expect(replay).toMatchObject({ status: 'completed', matches: true, version });
      expect(replay.stateHash).toBe(await straightHash(writer, 'F', version));
    }
  });
});

describe('what a verification finds', () => {
  test('a snapshot whose bytes were altered, and one that is of another state, the first of them named', async () => {
    await createVirtual(writer, 'S');
    await play(writer, 'S', { roll: dice(SEED + 20), batches: 10 });
    const [first, second, third] = [5, 12, 20];
    await plantSnapshot(writer, { timeline: 'S', version: first, forge: () => undefined });
    expect(await replayed(writer, { timeline: 'S', mode: 'verify' })).toMatchObject({ matches: true });
    await plantSnapshot(writer, { timeline: 'S', version: third, forge: enrich('ann', 7n) });
    expect(await replayed(writer, { timeline: 'S', mode: 'verify' })).toMatchObject({
      status: 'completed',
      matches: false,
      firstDifference: {
        ...{
          version: third,
          lastAlike: first,
          where: 'snapshot',
          detail: expect.stringContaining('state is not the one'),
        },
        differences: [{ section: 'supply' }, { section: 'agents', id: 'ann' }],
      },
    });
    const sound = await plantSnapshot(writer, { timeline: 'S', version: second, forge: () => undefined });
    const bytes = Buffer.from(sound.bytes);
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    await writer.log.saveSnapshot({ ...sound, bytes });
    expect((await replayed(writer, { timeline: 'S', mode: 'verify' })).firstDifference).toEqual({
      ...{ version: second, lastAlike: first, where: 'snapshot', differences: [] },
      detail: 'its bytes do not have its checksum',
    });
    // The row's hashes are those of the log, and only what it holds is not.
    const other = await plantSnapshot(writer, { timeline: 'S', version: second, forge: enrich('ann', 1n) });
    await writer.log.saveSnapshot({ ...other, stateHash: sound.stateHash });
    const { firstDifference } = await replayed(writer, { timeline: 'S', mode: 'verify' });
    expect(firstDifference).toMatchObject({ version: second, detail: 'what it holds is not the state that it names' });
    // Below the first of them nothing is wrong.
    expect(await replayed(writer, { timeline: 'S', mode: 'verify', toVersion: second - 1 })).toMatchObject({
      matches: true,
    });
  });

  test('a state that is served and is not the one of the log, though every snapshot is right', async () => {
    await createVirtual(writer, 'L');
    await play(writer, 'L', { roll: dice(SEED + 21), batches: 10 });
    const { head } = await recordOf(writer, 'L');
    await plantSnapshot(writer, { timeline: 'L', version: 5, forge: enrich('ann', 3n) });
    const misled = await openTestProcess(database.url, EAGER);
    const hash = (await fingerprint(misled, 'L')).hash;
    expect(hash).not.toBe(await straightHash(writer, 'L'));
    await plantSnapshot(writer, { timeline: 'L', version: 5, forge: () => undefined });
    let found: Awaited<ReturnType<typeof replayed>>;
    // Either process may take it, and the other one serves what the log gives.
    do found = await replayed(misled, { timeline: 'L', mode: 'verify' });
    while (found.owner !== misled.runtime.status().writer);
    expect(found).toMatchObject({
      status: 'completed',
      matches: false,
      firstDifference: { version: head.version, lastAlike: 5, where: 'live' },
    });
    expect(found.firstDifference?.differences).toMatchObject([{ section: 'supply' }, { section: 'agents', id: 'ann' }]);
    await misled.stop();
  });

  test('an event that cannot be evolved, and a broken chain: the replay fails at its position', async () => {
    for (const name of ['X', 'Y']) {
      await createVirtual(writer, name);
      await play(writer, name, { roll: dice(SEED + 30), batches: 5 });
    }
    const { timelineId, head, last } = await recordOf(writer, 'X');
    const stored = { schemaVersion: 1, atMs: last.atMs, commandId: randomUUID(), actor: 'other' };
    const events = [{ ...stored, type: 'FundsWithdrawn', data: '{"agentId":"ann","amount":"99999999999999"}' }];
    await writer.log.append({ timelineId, expected: head, events, keys: [], recordedAtMs: 0, writer: 'other' });
    const unevolvable = await replayed(writer, { timeline: 'X', mode: 'verify' });
    expect(unevolvable).toMatchObject({ status: 'failed', matches: null, failure: { version: head.version + 1 } });
    expect(unevolvable.failure?.reason).toContain('FundsWithdrawn, cannot be evolved');

    const y = await recordOf(writer, 'Y');
    await asOwner([
      'set session_replication_role = replica',
      `update event set actor = 'nobody' where timeline_id = ${y.timelineId} and version = 7`,
    ]);
    for (const mode of ['verify', 'rebuild'] as const) {
      const broken = await replayed(writer, { timeline: 'Y', mode });
      expect(broken).toMatchObject({ status: 'failed', stateHash: null, failure: { version: 7 } });
    }
    expect((await recordOf(writer, 'Y')).rebuilds).toBe(0);
  });
});

describe('a replay is refused', () => {
  test('of a timeline that is not there, and to a version that is not there', async () => {
    const none = writer.runtime.replays.start({ timeline: 'none', mode: 'verify', toVersion: null, key: null });
    await expect(none).rejects.toThrow(TimelineUnknown);
    const ahead = writer.runtime.replays.start({ timeline: 'T', mode: 'verify', toVersion: 1e9, key: null });
    await expect(ahead).rejects.toThrow(VersionAhead);
  });

  test('a second time under one key: the first is given again', async () => {
    const key = requestKey('replay-key');
    const first = await startReplay(writer, { timeline: 'T', mode: 'verify', key });
    const again = await startReplay(writer, { timeline: 'T', mode: 'verify', key });
    expect(again.id).toBe(first.id);
    const other = requestKey('replay-key', 'another request');
    const reused = await writer.runtime.replays.start({ timeline: 'T', mode: 'verify', toVersion: null, key: other });
    expect(reused).toEqual({ status: 'key-reused' });
    await ended(writer, first.id);
  });

  test('a removed timeline fails its replay', async () => {
    const idle = await openTestProcess(database.url, { ...EAGER, replaysMax: 0 });
    await createVirtual(idle, 'GONE');
    await writer.runtime.replays.list({ after: null, limit: 1 });
    const { timelineId } = await recordOf(idle, 'GONE');
    await idle.log.removeTimeline(timelineId, null);
    const request = { id: randomUUID(), timelineId, mode: 'verify', toVersion: null, key: null } as const;
    await idle.log.replays.create(request, { unfinishedMax: 16, finishedKept: 1_000 });
    const replay = await ended(writer, request.id);
    expect(replay).toMatchObject({ status: 'failed', failure: { version: null } });
    await idle.stop();
  });
});

async function asOwner(statements: readonly string[]): Promise<void> {
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  try {
    for (const statement of statements) await owner.query(statement);
  } finally {
    await owner.end();
  }
}
