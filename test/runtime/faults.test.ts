import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Command } from '#domain';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogUnavailable, OutcomeUnknown, type AppendOutcome, type EventLog, type TimelineId } from '#event-log';
import { Overloaded, VersionNotReached, type RuntimeOptions } from '#runtime';
import { takeBack } from '../take-back.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import {
  agent,
  available,
  bend,
  createVirtual,
  deposit,
  fingerprint,
  openTestProcess,
  register,
  requestKey,
  run,
  units,
  type TestProcess,
} from './harness.js';

let database: TestDatabase;
let plain: TestProcess;
const opened: TestProcess[] = [];
let timelines = 0;
let t: string;

/** A process whose log the test can bend; stopped after the file. */
async function openBent(
  wrap: (log: EventLog) => EventLog,
  overrides: Partial<RuntimeOptions> = {},
): Promise<TestProcess> {
  const process = await openTestProcess(database.url, overrides, wrap);
  opened.push(process);
  return process;
}

async function asOwner(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  plain = await openTestProcess(database.url);
});

beforeEach(async () => {
  timelines += 1;
  t = `F${timelines}`;
  await createVirtual(plain, t);
  await run(plain, t, register('ann', 100));
});

afterAll(async () => {
  for (const process of opened) await process.stop();
  await plain.stop();
  await database.drop();
});

const withdrawAll: Command = { type: 'WithdrawFunds', agentId: agent('ann'), amount: units(100) };

describe('appends that are lost or fail', () => {
  test('a lost append touches nothing: the command is decided again on what the other process wrote', async () => {
    let interfere: (() => Promise<unknown>) | null = null;
    const bent = await openBent((log) =>
      bend(log, {
        append: async (request): Promise<AppendOutcome> => {
          const first = interfere;
          interfere = null;
          await first?.();
          return log.append(request);
        },
      }),
    );
    await fingerprint(bent, t);
    interfere = () => run(plain, t, withdrawAll);
    expect(await run(bent, t, withdrawAll)).toMatchObject({
      status: 'refused',
      refusal: { code: 'insufficient-funds' },
    });
    expect(interfere).toBeNull();
    expect(bent.runtime.status().timelines[0]).toMatchObject({ lostAppends: 1 });
    expect(await fingerprint(bent, t)).toEqual(await fingerprint(plain, t));
  });

  test('an append that the database could not take leaves the hash as it was, and the next one goes through', async () => {
    let away = false;
    const bent = await openBent((log) =>
      bend(log, {
        append: (request) => (away ? Promise.reject(new LogUnavailable('away')) : log.append(request)),
      }),
    );
    const before = await fingerprint(bent, t);
    away = true;
    await expect(run(bent, t, withdrawAll)).rejects.toThrow(LogUnavailable);
    expect(await fingerprint(bent, t)).toEqual(before);
    away = false;
    expect(await run(bent, t, withdrawAll)).toMatchObject({ status: 'accepted' });
  });

  test('an append of unknown outcome that took effect is not applied twice, and its key finds the first reply', async () => {
    let hide = false;
    const bent = await openBent((log) =>
      bend(log, {
        append: async (request) => {
          const outcome = await log.append(request);
          if (hide) throw new OutcomeUnknown('the reply was lost');
          return outcome;
        },
      }),
    );
    await fingerprint(bent, t);
    hide = true;
    const key = requestKey('unknown');
    await expect(run(bent, t, deposit('ann', 7), { key })).rejects.toThrow(OutcomeUnknown);
    hide = false;
    expect(await run(bent, t, deposit('ann', 7), { key })).toMatchObject({ status: 'accepted', repeated: true });
    expect(await available(bent, t, 'ann')).toBe(units(107));
    expect(await fingerprint(bent, t)).toEqual(await fingerprint(plain, t));
  });

  test('with the database away reads go on and say how old they are; commands fail at once', async () => {
    let away = false;
    const fail = (): Promise<never> => Promise.reject(new LogUnavailable('away'));
    const bent = await openBent((log) =>
      bend(log, {
        append: (request) => (away ? fail() : log.append(request)),
        confirm: (...asked) => (away ? fail() : log.confirm(...asked)),
      }),
    );
    const staleMs = () => bent.runtime.read(t, {}, (live) => live.staleMs);
    expect(await staleMs()).toBeNull();
    away = true;
    expect(await staleMs()).toBeGreaterThanOrEqual(0);
    await expect(run(bent, t, deposit('ann', 1), { key: requestKey('k') })).rejects.toThrow(LogUnavailable);
    away = false;
    expect(await staleMs()).toBeNull();
  });

  test('knowledge is as old as what it lacks, though the head itself could be asked for', async () => {
    let unreadable = false;
    const fail = (): never => {
      throw new LogUnavailable('away');
    };
    const bent = await openBent((log) =>
      bend(log, { readCommits: (range) => (unreadable ? fail() : log.readCommits(range)) }),
    );
    await fingerprint(bent, t);
    unreadable = true;
    await run(plain, t, deposit('ann', 1));
    const writtenMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let i = 0; i < 3; i += 1) {
      const sinceMs = performance.now() - writtenMs;
      expect(await bent.runtime.read(t, {}, (live) => live.staleMs)).toBeGreaterThan(sinceMs);
    }
    unreadable = false;
    expect(await fingerprint(bent, t)).toEqual(await fingerprint(plain, t));
  });
});

test('what others commit while the log is read is read too, before anybody is answered', async () => {
  let [heads, holds] = [0, false];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const bent = await openBent((log) =>
    bend(log, {
      async *readCommits(range) {
        yield* log.readCommits(range);
        if (holds) await gate;
      },
      confirm: async (...asked) => {
        const confirmation = await log.confirm(...asked);
        heads += 1;
        return confirmation;
      },
    }),
  );
  await fingerprint(bent, t);
  const seen = () => bent.runtime.read(t, {}, ({ version, staleMs }) => ({ version, staleMs }));
  holds = true;
  await run(plain, t, deposit('ann', 1));
  const first = seen();
  while (heads < 2) await new Promise(setImmediate);
  const second = await run(plain, t, deposit('ann', 1));
  const last = seen();
  while (heads < 3) await new Promise(setImmediate);
  open();
  await first;
  expect(await last).toEqual({ version: second.status === 'accepted' && second.version, staleMs: null });
});

describe('history', () => {
  test('a log that was taken back under a live process is noticed, and the state rebuilt', async () => {
    const problems: string[] = [];
    const bent = await openBent((log) => log, { reports: { rewound: ({ detail }) => problems.push(detail) } });
    const before = await fingerprint(bent, t);
    await run(bent, t, deposit('ann', 1));
    await run(bent, t, deposit('ann', 1));
    const record = await bent.log.findTimeline(t);
    const id = record?.timelineId ?? 0;
    const old = record && (await bent.log.findCommit(record.timelineId, before.version));
    await asOwner(`
      alter table event disable trigger user; alter table commit disable trigger user;
      delete from event where timeline_id = ${id} and version > ${before.version};
      delete from commit where timeline_id = ${id} and last_version > ${before.version};
      update timeline set head_version = ${before.version}, head_hash = '\\x${old?.hash ?? ''}' where timeline_id = ${id};
      alter table event enable trigger user; alter table commit enable trigger user;`);
    expect(await fingerprint(bent, t)).toEqual(before);
    expect(problems).toHaveLength(1);
    expect(await run(bent, t, deposit('ann', 3))).toMatchObject({ status: 'accepted', version: before.version + 1 });
    expect(await available(bent, t, 'ann')).toBe(units(103));
  });

  test('a poll of the heads that an append of our own overtook is no rewound log', async () => {
    const problems: string[] = [];
    let beforeAnswer: (() => Promise<unknown>) | null = null;
    let polled: () => void = () => undefined;
    const overtaken = new Promise<void>((resolve) => (polled = resolve));
    const bent = await openBent(
      (log) =>
        bend(log, {
          readHeads: async (ids) => {
            const heads = await log.readHeads(ids);
            const first = beforeAnswer;
            beforeAnswer = null;
            await first?.();
            if (first !== null) setImmediate(polled);
            return heads;
          },
        }),
      { followPollMs: 10, reports: { rewound: ({ detail }) => problems.push(detail) } },
    );
    await fingerprint(bent, t);
    beforeAnswer = () => run(bent, t, deposit('ann', 1));
    await overtaken;
    expect((await fingerprint(bent, t)).version).toBe(4);
    expect(problems).toEqual([]);
  });

  test('an event of a newer build stops that timeline with its position; others go on', async () => {
    const record = await plain.log.findTimeline(t);
    if (record === undefined) throw new Error('no timeline');
    const { head } = record;
    const event = {
      type: 'FutureThing',
      schemaVersion: 1,
      atMs: 0,
      commandId: crypto.randomUUID(),
      actor: 'x',
      data: '{}',
    };
    await plain.log.append({
      timelineId: record.timelineId,
      expected: head,
      events: [event],
      keys: [],
      recordedAtMs: 0,
      writer: 'newer',
    });
    const stopped = new RegExp(`version ${head.version + 1} cannot be read: FutureThing`);
    await expect(run(plain, t, deposit('ann', 1))).rejects.toThrow(stopped);
    await expect(available(plain, t, 'ann')).rejects.toThrow(stopped);
    await createVirtual(plain, `${t}-other`);
    expect(await run(plain, `${t}-other`, register('bob', 1))).toMatchObject({ status: 'accepted' });
  });
});

describe('snapshots', () => {
  /** Loads the timeline in a new process: the version it was loaded from, and what was passed over. */
  async function load(): Promise<{ from: number; passedOver: string[]; hash: string }> {
    let from = -1;
    const passedOver: string[] = [];
    const process = await openTestProcess(database.url, {
      reports: {
        loaded: ({ snapshotVersion }) => (from = snapshotVersion),
        snapshotPassedOver: ({ detail }) => passedOver.push(detail),
      },
    });
    const { hash } = await fingerprint(process, t);
    await process.stop();
    return { from, passedOver, hash };
  }

  const snapshotRow = async (): Promise<string> => {
    const record = await plain.log.findTimeline(t);
    return `timeline_id = ${record?.timelineId ?? 0}`;
  };

  test.each([
    ['a flipped bit', 'update snapshot set bytes = set_byte(bytes, 20, 255 - get_byte(bytes, 20))', /checksum/],
    ['a cut', 'update snapshot set bytes = substring(bytes for 30)', /checksum/],
    ["another timeline's chain", "update snapshot set chain_hash = sha256('other')", /chain hash/],
    ['a version ahead of the log', 'update snapshot set version = version + 100', /ahead of the log/],
    ['another reducer', "update snapshot set reducer = 'older'", /another build/],
    ['another format', 'update snapshot set format = 99', /another build/],
    ['a false state hash', "update snapshot set state_hash = sha256('x')", /state hash/],
  ])(
    '%s in the newest snapshot is reported and passed over; the older one serves',
    async (_name, statement, reason) => {
      const older = await plain.runtime.takeSnapshot(t);
      await run(plain, t, deposit('ann', 1));
      const newest = await plain.runtime.takeSnapshot(t);
      const { hash } = await fingerprint(plain, t);
      await asOwner(`${statement} where ${await snapshotRow()} and version = ${newest.version}`);
      const loaded = await load();
      expect(loaded.hash).toBe(hash);
      expect(loaded.from).toBe(older.version);
      expect(loaded.passedOver).toEqual([expect.stringMatching(reason)]);
    },
  );

  test('without a good one the whole log is folded', async () => {
    await plain.runtime.takeSnapshot(t);
    await asOwner(`update snapshot set bytes = '\\x00' where ${await snapshotRow()}`);
    expect(await load()).toMatchObject({ from: 0, hash: (await fingerprint(plain, t)).hash });
  });

  test('commands go on while a state is pinned, and the pinned state stays as it was', async () => {
    const before = await fingerprint(plain, t);
    const pinned = await plain.runtime.readPinned(t, {}, async ({ state }) => {
      for (let i = 0; i < 20; i += 1) await run(plain, t, register(`new-${i}`, 5));
      await run(plain, t, withdrawAll);
      return plain.runtime.stateHash(state);
    });
    expect(pinned).toBe(before.hash);
    expect((await fingerprint(plain, t)).version).toBe(before.version + 41);
  });
});

describe('limits', () => {
  test('a full queue refuses more, and loses nothing of what it took', async () => {
    const process = await openBent((log) => log, { commandsQueuedMax: 50 });
    await fingerprint(process, t);
    const outcomes = await Promise.allSettled(Array.from({ length: 80 }, () => run(process, t, deposit('ann', 1))));
    const taken = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason instanceof Overloaded);
    expect(taken).toBe(50);
    expect(refused).toHaveLength(30);
    expect(await available(process, t, 'ann')).toBe(units(150));
  });

  test('followers of more timelines than may be loaded keep none of them, and miss nothing', async () => {
    const process = await openBent((log) => log, { timelinesLoadedMax: 1 });
    const abort = new AbortController();
    const names = [1, 2, 3].map((n) => `${t}-${n}`);
    const seen = new Map(names.map((name) => [name, [] as number[]]));
    for (const name of names) await createVirtual(plain, name);
    const following = names.map(async (name) => {
      const events = process.runtime.follow(name, { afterVersion: 0, signal: abort.signal });
      for await (const page of events) seen.get(name)?.push(...page.map(({ version }) => version));
    });
    const have = async (versions: readonly number[]): Promise<void> => {
      while (![...seen.values()].every(({ length }) => length >= versions.length)) await sleep(10);
      for (const name of names) expect(seen.get(name)).toEqual(versions);
    };
    await have([1]);
    expect(process.runtime.status()).toMatchObject({ streams: 3, timelines: [] });
    // By another process, and then by this one, which may have one of them loaded at a time.
    for (const name of names) await run(plain, name, register('ann', 5));
    await have([1, 2, 3]);
    for (const name of names) await run(process, name, deposit('ann', 1));
    await have([1, 2, 3, 4]);
    expect(process.runtime.status().timelines).toHaveLength(1);
    abort.abort();
    await Promise.all(following);
  });

  test('a follower of a timeline that is not loaded is told when its history was taken back, though it went on since', async () => {
    let open: () => void = () => undefined;
    const mayLook = new Promise<void>((resolve) => (open = resolve));
    const looking = async (log: EventLog, ids: readonly TimelineId[]) => {
      await mayLook;
      return log.readHeads(ids);
    };
    const process = await openBent((log) => bend(log, { readHeads: (ids) => looking(log, ids) }));
    const { signal } = new AbortController();
    const before = await fingerprint(plain, t);
    await run(plain, t, deposit('ann', 1));
    const events = process.runtime.follow(t, { afterVersion: before.version, signal })[Symbol.asyncIterator]();
    expect((await events.next()).value).toHaveLength(1);
    const record = await plain.log.findTimeline(t);
    await asOwner(takeBack(record?.timelineId ?? (0 as TimelineId), before.version));
    for (let i = 0; i < 3; i += 1) await run(plain, t, deposit('ann', 2));
    // The next look at the heads finds another history, which is longer by now.
    const told = events.next();
    open();
    await expect(told).rejects.toThrow(VersionNotReached);
  });

  test('timelines beyond the limit are evicted when idle and come back as they were', async () => {
    const process = await openBent((log) => log, { timelinesLoadedMax: 2 });
    const names = [`${t}-a`, `${t}-b`, `${t}-c`];
    const before: unknown[] = [];
    for (const name of names) {
      await createVirtual(process, name);
      await run(process, name, register('bob', 3));
      before.push(await fingerprint(process, name));
    }
    expect(process.runtime.status().timelines).toHaveLength(2);
    expect(await Promise.all(names.slice(0, 1).map((name) => fingerprint(process, name)))).toEqual(before.slice(0, 1));
    expect(await fingerprint(process, names[2] ?? '')).toEqual(before[2]);
  });
});
