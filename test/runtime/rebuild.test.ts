import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkEconomy } from '#domain';
import { TimelineStopped, type RuntimeReports } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { until } from '../server.js';
import {
  available,
  createVirtual,
  deposit,
  fingerprint,
  openTestProcess,
  register,
  run,
  type TestProcess,
} from './harness.js';
import { dice } from '../dice.js';
import { eventsOf, play } from './history.js';
import { EAGER, enrich, plantSnapshot, recordOf, replayed, straightHash } from './replaying.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const FORGED = 1_000_000_000_000n;

let database: TestDatabase;
let processes: TestProcess[];
let taken: { readonly timeline: string; readonly differed: boolean }[];

const reports: RuntimeReports = { takenOver: (takenOver) => taken.push(takenOver) };

beforeEach(async () => {
  database = await createTestDatabase();
  processes = [];
  taken = [];
});

afterEach(async () => {
  for (const each of processes) await each.stop();
  await database.drop();
});

async function open(): Promise<TestProcess> {
  const opened = await openTestProcess(database.url, { ...EAGER, reports });
  processes.push(opened);
  return opened;
}

/** A timeline with a history and a false snapshot a few events below its head, and two processes that loaded it. */
async function misled(
  timeline: string,
): Promise<{ readonly pair: readonly [TestProcess, TestProcess]; readonly forgedAt: number }> {
  const writer = await openTestProcess(database.url, EAGER);
  await createVirtual(writer, timeline);
  await run(writer, timeline, register('dan', 1_000));
  await play(writer, timeline, { roll: dice(SEED), batches: 20 });
  await writer.runtime.takeSnapshot(timeline);
  await play(writer, timeline, { roll: dice(SEED + 1), batches: 5 });
  await writer.stop();
  const forgedAt = (await recordOf(await open(), timeline)).head.version - 3;
  const [first] = processes;
  if (first === undefined) throw new Error('no process');
  await plantSnapshot(first, { timeline, version: forgedAt, forge: enrich('dan', FORGED) });
  return { pair: [first, await open()], forgedAt };
}

test(`a false snapshot is found, and a rebuild mends both processes while commands are written (seed ${SEED})`, async () => {
  const { pair, forgedAt } = await misled('T');
  const [one, two] = pair;
  const lastGood = (await one.runtime.listSnapshots('T')).find(({ version }) => version < forgedAt)?.version;
  for (const process of pair) expect(await available(process, 'T', 'dan')).toBe(1_000_000_000n + FORGED);

  const before = await replayed(one, { timeline: 'T', mode: 'verify' });
  expect(before).toMatchObject({ status: 'completed', matches: false });
  expect(before.firstDifference).toMatchObject({ version: forgedAt, lastAlike: lastGood, where: 'snapshot' });
  expect(before.firstDifference?.differences).toContainEqual(
    expect.objectContaining({
      ...{ section: 'agents', id: 'dan' },
      left: { available: { unit: 'micro', value: 1_000_000_000n + FORGED } },
      right: { available: { unit: 'micro', value: 1_000_000_000n } },
    }),
  );

  // Each deposit is one micro-unit apart, so that one that is lost or counted twice shows.
  let isOver = false;
  const deposited = { ann: 0n, ben: 0n };
  const write = async (process: TestProcess, id: 'ann' | 'ben') => {
    while (!isOver) {
      const outcome = await run(process, 'T', deposit(id, 1));
      expect(outcome.status).toBe('accepted');
      deposited[id] += 1_000_000n;
    }
  };
  const start = { ann: await available(one, 'T', 'ann'), ben: await available(one, 'T', 'ben') };
  const torn: string[] = [];
  const look = async (process: TestProcess) => {
    while (!isOver) {
      const seen = await process.runtime.read('T', {}, ({ state }) => ({
        dan: state.agents.get('dan')?.available,
        issuance: state.ledger.issuance,
        broken: checkEconomy(state),
      }));
      const isWhole = seen.dan === 1_000_000_000n + FORGED || seen.dan === 1_000_000_000n;
      if (!isWhole || seen.broken.length > 0) torn.push(JSON.stringify(seen.broken));
    }
  };
  // A snapshot that is pinned under the old state and written after the rebuild must not count.
  const keepSnapshotting = async (process: TestProcess) => {
    while (!isOver) await process.runtime.takeSnapshot('T');
  };
  const working = [
    write(one, 'ann'),
    write(two, 'ben'),
    look(one),
    look(two),
    keepSnapshotting(one),
    keepSnapshotting(two),
  ];
  const rebuilt = await replayed(two, { timeline: 'T', mode: 'rebuild' });
  await until(() => taken.length === 2);
  isOver = true;
  await Promise.all(working);

  expect(rebuilt).toMatchObject({ status: 'completed', matches: false, firstDifference: { version: forgedAt } });
  expect(taken).toEqual([expect.objectContaining({ differed: true }), expect.objectContaining({ differed: true })]);
  expect(torn).toEqual([]);
  for (const process of pair) {
    expect(await available(process, 'T', 'dan')).toBe(1_000_000_000n);
    expect((await available(process, 'T', 'ann')) - start.ann).toBe(deposited.ann);
    expect((await available(process, 'T', 'ben')) - start.ben).toBe(deposited.ben);
    const live = await fingerprint(process, 'T');
    expect(live.hash).toBe(await straightHash(process, 'T', live.version));
  }
  expect((await recordOf(one, 'T')).rebuilds).toBe(1);
  for (const process of pair) {
    const after = await replayed(process, { timeline: 'T', mode: 'verify' });
    expect(after).toMatchObject({ status: 'completed', matches: true, firstDifference: null });
  }
  // Whoever starts from what is stored now has the right state, too, and so has every past version.
  const fresh = await open();
  expect(await available(fresh, 'T', 'dan')).toBe(1_000_000_000n);
  const snapshots = await fresh.runtime.listSnapshots('T');
  expect(snapshots.length).toBeGreaterThan(0);
  for (const { version, stateHash } of snapshots) {
    expect([version, stateHash]).toEqual([version, await straightHash(fresh, 'T', version)]);
  }
});

test('past states that were kept from before a rebuild are not given any more', async () => {
  const { pair, forgedAt } = await misled('P');
  const [one, two] = pair;
  const danAt = (process: TestProcess, version: number): Promise<bigint | undefined> =>
    process.runtime.past.read('P', { version }, ({ state }) => state.agents.get('dan')?.available);
  const hashAt = (process: TestProcess, version: number): Promise<string> =>
    process.runtime.past.readHeld('P', { version }, ({ stateHash }) => stateHash());
  for (const process of pair) {
    expect(await danAt(process, forgedAt + 1)).toBe(1_000_000_000n + FORGED);
    expect(await hashAt(process, forgedAt + 1)).not.toBe(await straightHash(one, 'P', forgedAt + 1));
  }
  await replayed(one, { timeline: 'P', mode: 'rebuild' });
  for (const process of [one, two]) {
    for (const version of [forgedAt, forgedAt + 1]) {
      expect(await danAt(process, version)).toBe(1_000_000_000n);
      expect(await hashAt(process, version)).toBe(await straightHash(one, 'P', version));
    }
  }
});

test('nor those of a fork from before its parent was rebuilt', async () => {
  const { pair, forgedAt } = await misled('P');
  const [one, two] = pair;
  await one.runtime.forkTimeline({ parent: 'P', name: 'Q', at: null, terms: {}, actor: 'test', key: null });
  const version = forgedAt + 1;
  const seen = (process: TestProcess) =>
    process.runtime.past.readHeld('Q', { version }, async ({ state, stateHash }) => ({
      dan: state.agents.get('dan')?.available,
      hash: await stateHash(),
    }));
  for (const process of pair) expect((await seen(process)).dan).toBe(1_000_000_000n + FORGED);
  await replayed(one, { timeline: 'P', mode: 'rebuild' });
  const sound = { dan: 1_000_000_000n, hash: await straightHash(one, 'P', version) };
  for (const process of [one, two]) expect(await seen(process)).toEqual(sound);
});

test('a timeline that a false snapshot stopped goes on after a rebuild', async () => {
  const first = await open();
  await createVirtual(first, 'T');
  await run(first, 'T', register('dan', 10));
  await run(first, 'T', register('eve', 10));
  const { head } = await recordOf(first, 'T');
  const withdrawn = { type: 'WithdrawFunds', agentId: 'dan', amount: 9_000_000n } as never;
  expect((await run(first, 'T', withdrawn)).status).toBe('accepted');
  // With the false snapshot the last event would take more than there is.
  await plantSnapshot(first, { timeline: 'T', version: head.version, forge: enrich('dan', -5_000_000n) });
  const second = await open();
  await expect(available(second, 'T', 'dan')).rejects.toThrow(TimelineStopped);
  expect(await replayed(second, { timeline: 'T', mode: 'verify' })).toMatchObject({
    ...{ status: 'completed', matches: false },
    firstDifference: { version: head.version, where: 'snapshot' },
  });
  await replayed(second, { timeline: 'T', mode: 'rebuild' });
  expect(await available(second, 'T', 'dan')).toBe(1_000_000n);
  expect(second.runtime.status().timelines).toEqual([expect.objectContaining({ name: 'T', stopped: null })]);
});

test('a rebuild of a sound timeline changes no figure, and a fork’s mends what it finds in its ancestry', async () => {
  const process = await open();
  await createVirtual(process, 'T');
  await play(process, 'T', { roll: dice(SEED + 3), batches: 20 });
  const sound = await fingerprint(process, 'T');
  expect(await replayed(process, { timeline: 'T', mode: 'rebuild' })).toMatchObject({ matches: true });
  await until(() => taken.length === 1);
  expect(taken).toEqual([expect.objectContaining({ timeline: 'T', differed: false })]);
  expect(await fingerprint(process, 'T')).toEqual(sound);

  const { timelineId } = await recordOf(process, 'T');
  const at = (await process.log.findCommand(timelineId, 20))?.lastVersion ?? 0;
  await process.runtime.forkTimeline({ parent: 'T', name: 'F', at, terms: {}, actor: 'test', key: null });
  await plantSnapshot(process, { timeline: 'T', version: at, forge: enrich('ann', FORGED) });
  const wrong = await fingerprint(process, 'F');
  expect(wrong.hash).not.toBe(await straightHash(process, 'F'));
  const rebuilt = await replayed(process, { timeline: 'F', mode: 'rebuild' });
  expect(rebuilt).toMatchObject({ matches: false, firstDifference: { version: at } });
  await until(() => taken.length === 2);
  expect((await fingerprint(process, 'F')).hash).toBe(await straightHash(process, 'F'));
  expect(await replayed(process, { timeline: 'F', mode: 'verify' })).toMatchObject({ matches: true });
  expect(await replayed(process, { timeline: 'T', mode: 'verify' })).toMatchObject({ matches: true });
  expect((await eventsOf(process, 'F')).length).toBe(at + 1);
});
