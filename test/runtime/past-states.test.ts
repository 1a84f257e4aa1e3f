import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { pricesOf, type Command, type State } from '#domain';
import { Overloaded, StateUnknown, TimelineUnknown, VersionAhead, type Followed, type Moment } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { takeBack } from '../take-back.js';
import {
  agent,
  available,
  bend,
  createVirtual,
  deposit,
  fingerprint,
  market,
  openTestProcess,
  register,
  run,
  units,
  type TestProcess,
} from './harness.js';
import { dice } from '../dice.js';
import { eventsOf, foldStraight, hashOf, play } from './history.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

let database: TestDatabase;
let writer: TestProcess;
const others: TestProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  writer = await openTestProcess(database.url);
  await createVirtual(writer, 'T');
  await play(writer, 'T', { roll: dice(SEED), batches: 25 });
  // Whatever was rolled, the market's price moved often enough for a series of it.
  await run(writer, 'T', deposit('ann', 100));
  const bet: Command = {
    type: 'PlaceBet',
    agentId: agent('ann'),
    marketId: market('m'),
    outcome: 'YES',
    amount: units(9),
  };
  for (let i = 0; i < 8; i += 1) await run(writer, 'T', bet);
});

afterAll(async () => {
  for (const each of [writer, ...others]) await each.stop();
  await database.drop();
});

/** A process that has nothing loaded and nothing kept. */
async function freshProcess(
  ...more: Parameters<typeof openTestProcess> extends [string, ...infer Rest] ? Rest : never
) {
  const fresh = await openTestProcess(database.url, ...more);
  others.push(fresh);
  return fresh;
}

/** The state hash after each version, by a fold of all events one after the other. */
async function straightHashes(timeline: string): Promise<readonly string[]> {
  const hashes: string[] = [];
  foldStraight(await eventsOf(writer, timeline), (state) => hashes.push(hashOf(state)));
  return hashes;
}

const hashAt = ({ runtime }: TestProcess, timeline: string, at: Moment): Promise<string> =>
  runtime.past.readHeld(timeline, at, ({ stateHash }) => stateHash());

/** Versions 1..n in any order. */
function shuffled(count: number): readonly number[] {
  const roll = dice(SEED + 1);
  const versions = Array.from({ length: count }, (_, i) => i + 1);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = roll(i + 1);
    [versions[i], versions[j]] = [versions[j] ?? 0, versions[i] ?? 0];
  }
  return versions;
}

async function expectEveryVersion(process: TestProcess, timeline: string): Promise<void> {
  const expected = await straightHashes(timeline);
  for (const version of shuffled(expected.length)) {
    expect([version, await hashAt(process, timeline, { version })]).toEqual([version, expected[version - 1]]);
  }
}

async function fork(name: string, at: number, parent = 'T'): Promise<void> {
  const { status } = await writer.runtime.forkTimeline({ parent, name, at, terms: {}, actor: 'test', key: null });
  expect([name, status]).toEqual([name, 'accepted']);
}

/** A version at or above another at which a command ends. */
async function commandEnd(timeline: string, from: number): Promise<number> {
  const record = await writer.log.findTimeline(timeline);
  const command = record && (await writer.log.findCommand(record.timelineId, from));
  return command?.lastVersion ?? from;
}

describe(`any version is had again (seed ${SEED})`, () => {
  test('of a timeline, also within commits and commands, from the beginning', async () => {
    await expectEveryVersion(await freshProcess(), 'T');
  });

  test('from snapshots, whether the timeline is loaded or not', async () => {
    await createVirtual(writer, 'S');
    for (const seed of [1, 2, 3]) {
      await play(writer, 'S', { roll: dice(SEED + seed), batches: 8 });
      await writer.runtime.takeSnapshot('S');
    }
    const fresh = await freshProcess();
    await expectEveryVersion(fresh, 'S');
    expect(fresh.runtime.status().timelines).toEqual([]);
    await expectEveryVersion(writer, 'S');
  });

  test('of forks and forks of forks, on both sides of where they branch off', async () => {
    const first = await commandEnd('T', 30);
    await fork('F', first);
    await play(writer, 'F', { roll: dice(SEED + 9), batches: 6 });
    const { length: head } = await eventsOf(writer, 'F');
    await fork('G', await commandEnd('F', Math.ceil((first + head) / 2)), 'F');
    await play(writer, 'G', { roll: dice(SEED + 10), batches: 6 });
    const fresh = await freshProcess();
    await expectEveryVersion(fresh, 'F');
    await writer.runtime.takeSnapshot('T');
    await expectEveryVersion(fresh, 'G');
    await expectEveryVersion(fresh, 'T');
  });

  test('at the head, from the live state, held while commands go on', async () => {
    const { version, hash } = await fingerprint(writer, 'T');
    await writer.runtime.past.readHeld('T', { version }, async ({ state, stateHash }) => {
      await run(writer, 'T', deposit('ann', 1));
      expect(hashOf(state)).toBe(hash);
      expect(await stateHash()).toBe(hash);
    });
    expect((await fingerprint(writer, 'T')).hash).not.toBe(hash);
    expect(await hashAt(writer, 'T', { version })).toBe(hash);
  });
});

describe('a time means the last event at or before it', () => {
  test('at, between, before and after events, and where several have one time', async () => {
    const events = await eventsOf(writer, 'T');
    const versionAt = (timeMs: number) => writer.runtime.past.read('T', { timeMs }, ({ version }) => version);
    for (const timeMs of new Set(events.flatMap(({ atMs }) => [atMs, atMs + 1, Math.max(0, atMs - 1)]))) {
      expect(await versionAt(timeMs)).toBe(events.findLast(({ atMs }) => atMs <= timeMs)?.version);
    }
    expect(await versionAt(9e12)).toBe(events.length);
  });

  test('there is no state before the first event, ahead of the head, or of an unknown timeline', async () => {
    await writer.runtime.createTimeline({
      name: 'Late',
      commands: [{ type: 'CreateTimeline', clock: 'virtual', startAtMs: 5_000 }],
      actor: 'test',
      key: null,
    });
    const at = (timeline: string, moment: Moment) => hashAt(writer, timeline, moment);
    await expect(at('Late', { timeMs: 4_999 })).rejects.toThrow(StateUnknown);
    await expect(at('Late', { version: 0 })).rejects.toThrow(StateUnknown);
    await expect(at('Late', { version: 2 })).rejects.toThrow(VersionAhead);
    await expect(at('Nowhere', { version: 1 })).rejects.toThrow(TimelineUnknown);
  });
});

/** Puts so many events behind the head that are never folded. */
async function pad(timeline: string, count: number): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(`
    insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
    select 1 + i, 0, gen_random_uuid(), timeline_id, 0, 1, 'FundsDeposited', 'test', '{}'
    from timeline, generate_series(1, ${count}) as i
    where name = '${timeline}';
    update timeline set head_version = head_version + ${count} where name = '${timeline}';`);
  await client.end();
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('what is at work at once', () => {
  test('is bounded: some wait, the rest is refused, and all that were taken are answered', async () => {
    const { runtime } = await freshProcess({ pastStatesMax: 2 });
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const held = Array.from({ length: 2 + 16 + 3 }, (_, i) =>
      runtime.past.readHeld('T', { version: i + 1 }, async ({ version }) => {
        await gate;
        return version;
      }),
    );
    const refused: unknown[] = [];
    for (const each of held) each.catch((reason: unknown) => refused.push(reason));
    await until(() => refused.length === 3);
    expect(runtime.past.status()).toMatchObject({ folding: 2, waiting: 16 });
    open();
    const results = await Promise.allSettled(held);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(18);
    expect(refused).toEqual(Array(3).fill(expect.any(Overloaded)));
    expect(runtime.past.status()).toMatchObject({ folding: 0, waiting: 0 });
  });

  test('does not hold up commands, and ends when nobody waits for it any more', async () => {
    const { runtime } = await freshProcess();
    const gone = new AbortController();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const held = [20, 21].map((version) => runtime.past.readHeld('T', { version }, () => gate));
    await until(() => runtime.past.status().folding === 2);
    const third = runtime.past.readHeld('T', { version: 22 }, ({ stateHash }) => stateHash(), gone);
    await until(() => runtime.past.status().waiting === 1);
    expect(await run({ runtime }, 'T', deposit('ann', 1))).toMatchObject({ status: 'accepted' });
    gone.abort(new RangeError('gone'));
    await expect(third).rejects.toThrow(RangeError);
    expect(runtime.past.status()).toMatchObject({ folding: 2, waiting: 0 });
    open();
    await Promise.all(held);
    expect(runtime.past.status()).toMatchObject({ folding: 0, waiting: 0 });
  });

  test('what is kept does not count once history was taken back', async () => {
    await createVirtual(writer, 'R');
    await run(writer, 'R', register('ann', 100));
    await run(writer, 'R', deposit('ann', 1));
    await run(writer, 'R', deposit('ann', 1));
    const record = await writer.log.findTimeline('R');
    const fresh = await freshProcess();
    const before = await hashAt(fresh, 'R', { version: 4 });
    expect(fresh.runtime.past.status().kept).toBe(1);
    // A restore puts the log back to version 3, and it goes on otherwise.
    if (record === undefined) throw new Error('no timeline R');
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(takeBack(record.timelineId, 3));
    await client.end();
    const other = await freshProcess();
    await run(other, 'R', deposit('ann', 7));
    await run(other, 'R', deposit('ann', 7));
    const expected = await straightHashes('R');
    expect(await hashAt(fresh, 'R', { version: 4 })).toBe(expected[3]);
    expect(expected[3]).not.toBe(before);
  });
});

describe('a step is what one event changed', () => {
  test('of every version: before and change make after, all changes together nothing, and the hashes join', async () => {
    const hashes = await straightHashes('T');
    const { runtime } = await freshProcess();
    for (const version of hashes.keys()) {
      const { event, changes, stateHash } = await runtime.past.step('T', version + 1);
      expect(event.version).toBe(version + 1);
      expect(stateHash.after).toBe(hashes[version]);
      if (version > 0) expect(stateHash.before).toBe(hashes[version - 1]);
      expect(changes.accounts.reduce((sum, { before, after }) => sum + after - before, 0n)).toBe(0n);
    }
    await expect(runtime.past.step('T', hashes.length + 1)).rejects.toThrow(VersionAhead);
    await expect(runtime.past.step('T', 0)).rejects.toThrow(StateUnknown);
  });
});

interface Price {
  readonly ppm: number;
  readonly volume: bigint;
}

const pricesOfM: Followed<Price> = {
  births: ['MarketCreated'],
  isBirth: (event) => event.type === 'MarketCreated' && event.data.marketId === 'm',
  look: ({ markets }, last) => {
    const row = markets.get('m');
    if (row === undefined) return undefined;
    const value = { ppm: pricesOf(row)[0] ?? 0, volume: row.volume };
    return last?.ppm === value.ppm && last.volume === value.volume ? last : value;
  },
  compare: (one, other) => one.ppm - other.ppm,
};

describe('a series is what changed from version to version', () => {
  /** Every change of the market's price and volume, the plain way. */
  async function straight(timeline: string, from: number, to: number) {
    const points: { version: number; atMs: number; value: Price }[] = [];
    const events = (await eventsOf(writer, timeline)).slice(0, to);
    let last: Price | undefined;
    foldStraight(events, (state: State, { version, atMs }) => {
      const value = pricesOfM.look(state, last);
      if (value !== undefined && (value !== last || version === from)) {
        if (version <= from) points.length = 0;
        points.push({ version: Math.max(version, from), atMs, value });
      } else if (version === from) points.length = 0;
      last = value;
    });
    return points;
  }

  test('from the market’s creation to the head, all of it where it is short enough', async () => {
    const { runtime } = await freshProcess();
    const series = await runtime.past.series('T', { followed: pricesOfM, from: null, to: null, pointsMax: 1_000 });
    const creation = (await eventsOf(writer, 'T')).find(
      ({ type, data }) => type === 'MarketCreated' && data.includes('"m"'),
    );
    expect(series).toMatchObject({ from: creation?.version, sampled: false, total: series?.points.length });
    expect(series?.points).toEqual(await straight('T', creation?.version ?? 0, 100_000));
    expect(series?.points.length).toBeGreaterThan(5);
  });

  test('between any two moments', async () => {
    const { runtime } = await freshProcess();
    const head = (await eventsOf(writer, 'T')).length;
    const roll = dice(SEED + 4);
    for (let i = 0; i < 12; i += 1) {
      const from = 12 + roll(head - 14);
      const to = from + roll(head - from);
      const series = await runtime.past.series('T', {
        followed: pricesOfM,
        from: { version: from },
        to: { version: to },
        pointsMax: 1_000,
      });
      expect({ from, to, points: series?.points }).toEqual({ from, to, points: await straight('T', from, to) });
    }
  });

  test('sampled, it keeps the first, the last, the lowest and the highest', async () => {
    const whole = await writer.runtime.past.series('T', {
      followed: pricesOfM,
      from: null,
      to: null,
      pointsMax: 1_000,
    });
    const some = await writer.runtime.past.series('T', { followed: pricesOfM, from: null, to: null, pointsMax: 5 });
    const prices = (of: typeof whole) => of?.points.map(({ value }) => value.ppm) ?? [];
    expect(some).toMatchObject({ total: whole?.total, sampled: true });
    expect(some?.points.length).toBeLessThanOrEqual(5);
    expect([some?.points[0], some?.points.at(-1)]).toEqual([whole?.points[0], whole?.points.at(-1)]);
    expect([Math.min(...prices(some)), Math.max(...prices(some))]).toEqual([
      Math.min(...prices(whole)),
      Math.max(...prices(whole)),
    ]);
  });

  test('what never was there has none', async () => {
    const nobody: Followed<object> = {
      births: ['AgentRegistered'],
      isBirth: () => false,
      look: () => undefined,
      compare: () => 0,
    };
    const asked = { followed: nobody, to: null, pointsMax: 10 };
    expect(await writer.runtime.past.series('T', { ...asked, from: null })).toBeUndefined();
    expect(await writer.runtime.past.series('T', { ...asked, from: { version: 1 } })).toBeUndefined();
  });

  test('in a long log is looked for by reads that are short, each from where the last one ended', async () => {
    await createVirtual(writer, 'LONG');
    await pad('LONG', 120_000);
    const reads: (readonly [number, number | undefined])[] = [];
    const { runtime } = await freshProcess({}, (log) =>
      bend(log, {
        readEvents: (request) => {
          if (request.types !== undefined) reads.push([request.afterVersion, request.toVersion]);
          return log.readEvents(request);
        },
      }),
    );
    const asked = { followed: pricesOfM, from: null, to: null, pointsMax: 10 };
    expect(await runtime.past.series('LONG', asked)).toBeUndefined();
    expect(reads).toEqual([
      [0, 50_000],
      [50_000, 100_000],
      [100_000, 120_001],
    ]);
  });
});

describe('two timelines are compared', () => {
  const rerun = async (name: string, timeline: string, at: number, more: (i: number) => number = () => 1) => {
    await fork(name, at, timeline);
    for (let i = 0; i < 6; i += 1) {
      await run(writer, name, { type: 'AdvanceClock', byMs: 60_000 });
      await run(writer, name, deposit('ann', more(i)));
    }
  };
  const compared = (left: string, right: string) =>
    writer.runtime.past.compare({ left, right, versions: null }, async (comparison) => {
      const differences = [];
      for await (const difference of comparison.differences()) differences.push(difference);
      return { ...comparison, divergence: await comparison.firstDivergence(), differences };
    });

  beforeAll(async () => {
    await createVirtual(writer, 'P');
    await run(writer, 'P', register('ann', 100));
    await rerun('A', 'P', 3);
    await rerun('B', 'P', 3);
    await rerun('C', 'P', 3, (i) => (i === 4 ? 2 : 1));
  });

  test('a rerun with nothing changed has no differences and no diverging event', async () => {
    const { ancestor, divergence, differences, left, right } = await compared('A', 'B');
    expect(ancestor).toEqual({ timeline: 'P', version: 3 });
    expect({ divergence, differences }).toEqual({ divergence: null, differences: [] });
    expect(await left.stateHash()).toBe(await right.stateHash());
  });

  test('one command that differs is found, and what it made different', async () => {
    const { divergence, differences } = await compared('A', 'C');
    expect(divergence?.left).toMatchObject({ version: 14, type: 'FundsDeposited' });
    expect(divergence?.right).toMatchObject({ version: 14, type: 'FundsDeposited' });
    expect(differences.map(({ section, id }) => `${section} ${id}`)).toEqual(['supply supply', 'agents ann']);
    const values = differences.map(({ left, right }) => [left?.['available']?.value, right?.['available']?.value]);
    expect(values[1]).toEqual([units(106), units(107)]);
  });

  test('a parent that stands where the fork went on diverges from its first own event; the other side has none', async () => {
    const { ancestor, divergence } = await compared('P', 'A');
    expect(ancestor).toEqual({ timeline: 'P', version: 3 });
    expect(divergence?.left).toBeNull();
    expect(divergence?.right).toMatchObject({ version: 5, type: 'ClockAdvanced' });
  });

  test('a timeline and itself, a fork of a fork, and strangers', async () => {
    await fork('AA', 9, 'A');
    expect(await compared('A', 'A')).toMatchObject({ divergence: null, differences: [] });
    expect((await compared('AA', 'A')).ancestor).toEqual({ timeline: 'A', version: 9 });
    expect((await compared('AA', 'C')).ancestor).toEqual({ timeline: 'P', version: 3 });
    const strangers = await compared('A', 'T');
    expect(strangers.ancestor).toBeNull();
    expect(strangers.divergence?.left?.version).toBe(strangers.divergence?.right?.version);
    expect(strangers.divergence?.left?.version).toBeLessThanOrEqual(4);
  });

  test('completion is no event of the economy', async () => {
    await run(writer, 'B', { type: 'CompleteTimeline', result: null });
    expect((await compared('A', 'B')).divergence).toBeNull();
  });
});

test('a fork whose head is asked for is read without loading it', async () => {
  const fresh = await freshProcess();
  const record = await writer.log.findTimeline('A');
  expect(
    await fresh.runtime.past.read(
      'A',
      { version: record?.head.version ?? 0 },
      ({ state }) => state.agents.get(agent('ann'))?.available,
    ),
  ).toBe(await available(writer, 'A', 'ann'));
  expect(fresh.runtime.status().timelines).toEqual([]);
});
