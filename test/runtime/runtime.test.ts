import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { micro, type Command } from '#domain';
import { CommandFault, Overloaded } from '#runtime';
import { TimelineGone, type RecordedEvent } from '#event-log';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import {
  agent,
  available,
  createVirtual,
  deposit,
  fingerprint,
  market,
  openTestProcess,
  register,
  requestKey,
  run,
  units,
  type TestProcess,
} from './harness.js';

let database: TestDatabase;
let one: TestProcess;
let two: TestProcess;
let timelines = 0;

/** A new virtual timeline with the agents `ann` (1,000 units) and `ben` (1,000 units), at version 5. */
async function timelineWithAgents(): Promise<string> {
  timelines += 1;
  const name = `T${timelines}`;
  await createVirtual(one, name);
  await run(one, name, register('ann', 1_000));
  await run(one, name, register('ben', 1_000));
  return name;
}

beforeAll(async () => {
  database = await createTestDatabase();
  one = await openTestProcess(database.url);
  two = await openTestProcess(database.url);
});

afterAll(async () => {
  await one.stop();
  await two.stop();
  await database.drop();
});

describe('one process', () => {
  test('commands that arrive together are committed together, each with its own outcome', async () => {
    const t = await timelineWithAgents();
    const outcomes = await Promise.all([
      run(one, t, deposit('ann', 1)),
      run(one, t, deposit('nobody', 1)),
      run(one, t, deposit('ben', 2)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'refused', 'accepted']);
    expect(await available(one, t, 'ann')).toBe(units(1_001));
    expect(await available(one, t, 'ben')).toBe(units(1_002));
    const record = await one.log.findTimeline(t);
    const commit = record && (await one.log.findCommit(record.timelineId, record.head.version));
    expect(commit).toMatchObject({ firstVersion: 6, lastVersion: 7 });
  });

  test('a key is executed once and answered alike each time, at once and later', async () => {
    const t = await timelineWithAgents();
    const key = requestKey('deposit-1');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => run(one, t, deposit('ann', 5), { key })));
    const later = await run(two, t, deposit('ann', 5), { key });
    for (const outcome of [...outcomes, later]) {
      expect(outcome).toMatchObject({
        status: 'accepted',
        version: 6,
        events: [{ version: 6, type: 'FundsDeposited' }],
      });
    }
    expect(await available(one, t, 'ann')).toBe(units(1_005));
    expect(await run(one, t, deposit('ann', 6), { key: requestKey('deposit-1', 'other') })).toEqual({
      status: 'key-reused',
    });
  });

  test('a refusal burns no key, an empty command does', async () => {
    const t = await timelineWithAgents();
    const key = requestKey('retry-me');
    const withdraw = { type: 'WithdrawFunds', agentId: agent('ann'), amount: units(5_000) } as const;
    expect(await run(one, t, withdraw, { key })).toMatchObject({ status: 'refused' });
    await run(one, t, deposit('ann', 9_000));
    expect(await run(one, t, withdraw, { key })).toMatchObject({ status: 'accepted', version: 7 });
    const empty = requestKey('empty');
    const sameApy = { type: 'ChangeApy', apyPpm: 50_000 } as const;
    expect(await run(one, t, sameApy, { key: empty })).toMatchObject({ status: 'accepted', version: 7, events: [] });
    await run(one, t, { type: 'ChangeApy', apyPpm: 60_000 });
    expect(await run(one, t, sameApy, { key: empty })).toMatchObject({
      status: 'accepted',
      version: 7,
      repeated: true,
    });
  });

  test('a precondition holds until a client moved the timeline', async () => {
    const t = await timelineWithAgents();
    expect(await run(one, t, deposit('ann', 1), { expectedVersion: 5 })).toMatchObject({
      status: 'accepted',
      version: 6,
    });
    expect(await run(one, t, deposit('ann', 1), { expectedVersion: 5 })).toEqual({
      status: 'precondition-failed',
      version: 6,
    });
    expect(await run(one, t, deposit('ann', 1), { expectedVersion: 7 })).toEqual({
      status: 'precondition-failed',
      version: 6,
    });
  });

  test('a key is looked up before the precondition that its own first execution moved on', async () => {
    const t = await timelineWithAgents();
    const conditional = { key: requestKey('conditional'), expectedVersion: 5 };
    const first = await run(one, t, deposit('ann', 1), conditional);
    expect(await run(one, t, deposit('ann', 1), conditional)).toEqual({ ...first, repeated: true });
  });

  test('a command that breaks an assertion is its own fault alone and stores nothing', async () => {
    const t = await timelineWithAgents();
    const impossible: Command = { type: 'DepositFunds', agentId: agent('ann'), amount: micro(-1n) };
    const [good, bad, better] = await Promise.allSettled([
      run(one, t, deposit('ann', 1)),
      run(one, t, impossible),
      run(one, t, deposit('ben', 1)),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { status: 'accepted' } });
    expect(bad).toMatchObject({ status: 'rejected', reason: expect.any(CommandFault) });
    expect(better).toMatchObject({ status: 'fulfilled', value: { status: 'accepted', version: 7 } });
  });

  test('a keyed batch records every outcome, refusals included, over several commits', async () => {
    const t = await timelineWithAgents();
    const key = requestKey('batch-1');
    const entries = Array.from({ length: 1_200 }, (_, i) => ({
      command: deposit(i % 10 === 3 ? 'nobody' : 'ann', 1),
      key: null,
    }));
    const batch = { entries, actor: 'test', key, expectedVersion: 5, atomic: false };
    const first = await one.runtime.executeBatch(t, batch);
    const again = await two.runtime.executeBatch(t, batch);
    if (first.status !== 'done' || again.status !== 'done') throw new Error('the batch was not done');
    expect(first.outcomes.filter(({ status }) => status === 'refused')).toHaveLength(120);
    const asFirst = again.outcomes.map((outcome) =>
      outcome.status === 'accepted' ? { ...outcome, repeated: false } : outcome,
    );
    expect(asFirst).toEqual(first.outcomes);
    expect(await available(one, t, 'ann')).toBe(units(1_000 + 1_080));
  });

  test('an atomic batch is one commit or nothing', async () => {
    const t = await timelineWithAgents();
    const entries = [deposit('ann', 1), deposit('ben', 1), deposit('nobody', 1)].map((command) => ({
      command,
      key: null,
    }));
    const batch = { entries, actor: 'test', key: null, expectedVersion: null, atomic: true };
    expect(await one.runtime.executeBatch(t, batch)).toMatchObject({ status: 'refused', index: 2 });
    expect(await fingerprint(one, t)).toMatchObject({ version: 5 });
    expect(await one.runtime.executeBatch(t, { ...batch, entries: entries.slice(0, 2) })).toMatchObject({
      status: 'done',
      version: 7,
    });
  });
});

describe('several processes', () => {
  test('two processes on one timeline lose nothing, double nothing and agree', async () => {
    const t = await timelineWithAgents();
    const commands = Array.from({ length: 400 }, (_, i) =>
      run(i % 2 === 0 ? one : two, t, deposit(i % 3 === 0 ? 'ann' : 'ben', 1)),
    );
    const outcomes = await Promise.all(commands);
    const versions = outcomes
      .map((outcome) => (outcome.status === 'accepted' ? outcome.version : 0))
      .sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 400 }, (_, i) => 6 + i));
    expect(await fingerprint(one, t)).toEqual(await fingerprint(two, t));
  });

  test('a read elsewhere sees what was acknowledged before it', async () => {
    const t = await timelineWithAgents();
    for (let i = 1; i <= 50; i += 1) {
      await run(i % 2 === 0 ? one : two, t, deposit('ann', 1));
      expect(await available(i % 2 === 0 ? two : one, t, 'ann')).toBe(units(1_000 + i));
    }
  });

  test('a refusal is decided at a head no older than its request', async () => {
    const t = await timelineWithAgents();
    await available(two, t, 'ann');
    await run(one, t, register('late', 1));
    expect(await run(two, t, register('late', 1))).toMatchObject({
      status: 'refused',
      refusal: { code: 'agent-exists' },
    });
    await run(one, t, { type: 'WithdrawFunds', agentId: agent('ann'), amount: units(1_000) });
    expect(await run(two, t, { type: 'WithdrawFunds', agentId: agent('ann'), amount: units(1) })).toMatchObject({
      status: 'refused',
      refusal: { code: 'insufficient-funds' },
    });
  });

  test('a follower gets every commit of every process once and in order, from any version', async () => {
    const t = await timelineWithAgents();
    const abort = new AbortController();
    const seen: RecordedEvent[] = [];
    const following = (async () => {
      for await (const events of one.runtime.follow(t, { afterVersion: 2, signal: abort.signal })) {
        seen.push(...events);
        if (seen.length >= 103) return;
      }
    })();
    await Promise.all(Array.from({ length: 100 }, (_, i) => run(i % 2 === 0 ? one : two, t, deposit('ann', 1))));
    await following;
    expect(seen.map(({ version }) => version)).toEqual(Array.from({ length: 103 }, (_, i) => i + 3));
  });

  test('live states are held still for a bounded number of readers at once, and for nobody who has left', async () => {
    const t = await timelineWithAgents();
    const { runtime } = one;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const gone = new AbortController();
    let held = 0;
    const hold = async (): Promise<void> => {
      held += 1;
      await gate;
    };
    const readers = Array.from({ length: 8 }, () => runtime.readPinned(t, {}, hold));
    const left = runtime.readPinned(t, {}, hold, { signal: gone.signal });
    const waiting = Array.from({ length: 255 }, () => runtime.readPinned(t, {}, hold));
    await expect(runtime.readPinned(t, {}, hold)).rejects.toThrow(Overloaded);
    while (held < 8) await sleep(10);
    expect(await run(one, t, deposit('ann', 1))).toMatchObject({ status: 'accepted' });
    expect(held).toBe(8);
    gone.abort(new RangeError('gone'));
    await expect(left).rejects.toThrow(RangeError);
    open();
    await Promise.all([...readers, ...waiting]);
    expect(held).toBe(8 + 255);
  });

  test('whoever follows a timeline is told when it is removed, in every process', async () => {
    const t = await timelineWithAgents();
    const { signal } = new AbortController();
    const followers = [one, two].map(({ runtime }) => runtime.follow(t, { afterVersion: 0, signal }));
    const seen = [0, 0];
    const told = Promise.allSettled(
      followers.map(async (follower, i) => {
        for await (const events of follower) seen[i] = events.at(-1)?.version ?? 0;
      }),
    );
    const { version } = (await run(one, t, deposit('ann', 1))) as { readonly version: number };
    // Both have caught up, and wait for what never comes.
    while (seen.some((last) => last < version)) await sleep(10);
    await one.runtime.removeTimeline({ timeline: t, confirm: t, key: null });
    expect((await told).map((end) => end.status === 'rejected' && end.reason instanceof TimelineGone)).toEqual([
      true,
      true,
    ]);
    expect([one, two].map(({ runtime }) => runtime.status().streams)).toEqual([0, 0]);
  });
});

describe('restart', () => {
  test('full replay, snapshot and tail, and the live state give one hash', async () => {
    const t = await timelineWithAgents();
    await run(one, t, { type: 'AddStake', agentId: agent('ann'), amount: units(500) });
    await run(one, t, { type: 'CreateMarket', marketId: market('M'), title: 'Rain?' });
    await run(one, t, {
      type: 'PlaceBet',
      marketId: market('M'),
      agentId: agent('ben'),
      outcome: 'YES',
      amount: units(10),
    });
    const fromLog = await openTestProcess(database.url);
    const replayed = await fingerprint(fromLog, t);
    await fromLog.stop();
    const info = await one.runtime.takeSnapshot(t);
    expect(info.stateHash).toBe(replayed.hash);
    await run(one, t, { type: 'AdvanceClock', byMs: 86_400_000 * 400 });
    await run(one, t, { type: 'DistributeYield' });
    const live = await fingerprint(one, t);
    let snapshotVersion = -1;
    const fromSnapshot = await openTestProcess(database.url, {
      reports: { loaded: (loaded) => (snapshotVersion = loaded.snapshotVersion) },
    });
    expect(await fingerprint(fromSnapshot, t)).toEqual(live);
    expect(snapshotVersion).toBe(info.version);
    await fromSnapshot.stop();
  });
});
