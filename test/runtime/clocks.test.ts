import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command, ForkTerms } from '#domain';
import { ClockDisagreement, systemClock, type RuntimeOptions } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import {
  agent,
  available,
  createVirtual,
  deposit,
  fingerprint,
  market,
  openShifted,
  openTestProcess,
  register,
  run,
  units,
  type TestProcess,
} from './harness.js';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

let database: TestDatabase;
/** How much later all clocks are; each test starts at 0. */
const shift = { ms: 0 };
let one: TestProcess;
const opened: TestProcess[] = [];
let timelines = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  one = await open();
});

beforeEach(() => {
  shift.ms = 0;
  timelines += 1;
});

afterAll(async () => {
  for (const process of opened) await process.stop();
  await database.drop();
});

/** One more process, stopped after the file. */
async function open(overrides: Partial<RuntimeOptions> = {}): Promise<TestProcess> {
  const process = await openShifted(database.url, shift, overrides);
  opened.push(process);
  return process;
}

const nowOf = ({ runtime }: TestProcess, timeline: string): Promise<number> =>
  runtime.read(timeline, {}, ({ nowMs }) => nowMs);

/** Later, and the process knows it: each reading of a head reads the clock. */
async function goTo(ms: number, timeline: string): Promise<void> {
  shift.ms = ms;
  await nowOf(one, timeline);
}

const stake = (amount: number): Command => ({ type: 'AddStake', agentId: agent('ann'), amount: units(amount) });

/** An agent with a stake and a market that expires after a day. */
async function furnish(timeline: string): Promise<void> {
  await run(one, timeline, register('ann', 10_000));
  await run(one, timeline, stake(10_000));
  await run(one, timeline, { type: 'CreateMarket', marketId: market('M'), title: 'Rain?', duration: 'micro' });
}

async function createWall(process = one): Promise<string> {
  const name = `W${timelines}`;
  const command = { type: 'CreateTimeline', clock: 'wall' } as const;
  await process.runtime.createTimeline({ name, commands: [command], actor: 'test', key: null });
  return name;
}

async function fork(parent: string, name: string, terms: ForkTerms): Promise<void> {
  const { status } = await one.runtime.forkTimeline({ parent, name, at: null, terms, actor: 'test', key: null });
  expect(status).toBe('accepted');
}

interface Dated {
  readonly type: string;
  readonly atMs: number;
}

async function eventsOf(timeline: string, afterVersion = 0): Promise<readonly Dated[]> {
  const { events } = await one.runtime.readEvents(timeline, { afterVersion, limit: 1_000 });
  return events.map(({ type, atMs }) => ({ type, atMs }));
}

describe('the end of a timeline', () => {
  test('leaves a virtual clock where it stands: the same run has the same hash whenever it is archived', async () => {
    const hashes: string[] = [];
    for (const name of [`A${timelines}`, `B${timelines}`]) {
      await createVirtual(one, name);
      await furnish(name);
      await run(one, name, { type: 'AdvanceClock', byMs: 3_600_000 });
      await run(one, name, { type: 'CompleteTimeline', result: null });
      const { hash } = await fingerprint(one, name);
      shift.ms += YEAR_MS;
      await run(one, name, { type: 'ArchiveTimeline' });
      expect((await eventsOf(name)).at(-1)).toEqual({ type: 'TimelineArchived', atMs: 3_600_000 });
      hashes.push(hash, (await fingerprint(one, name)).hash);
      await fork(name, `${name}-FORK`, {});
      expect(await nowOf(one, `${name}-FORK`)).toBe(3_600_000);
    }
    expect(new Set(hashes).size).toBe(1);
  });

  test('stops a wall clock: nothing accrues and nothing falls due between completing and archiving', async () => {
    const name = await createWall();
    await furnish(name);
    await run(one, name, { type: 'CompleteTimeline', result: null });
    const [completed, before] = [(await eventsOf(name)).at(-1), await fingerprint(one, name)];
    shift.ms = YEAR_MS;
    expect(await nowOf(one, name)).toBe(completed?.atMs);
    await run(one, name, { type: 'ArchiveTimeline' });
    const after = await fingerprint(one, name);
    expect(after).toEqual({ version: before.version + 1, hash: before.hash });
    expect((await eventsOf(name)).at(-1)).toEqual({ type: 'TimelineArchived', atMs: completed?.atMs });
    expect(await nowOf(await open(), name)).toBe(completed?.atMs);
  });

  test('comes at the time of a wall clock where it is archived without having been completed', async () => {
    const name = await createWall();
    await goTo(YEAR_MS, name);
    await run(one, name, { type: 'ArchiveTimeline' });
    const [created, archived] = await eventsOf(name);
    expect((archived?.atMs ?? 0) - (created?.atMs ?? 0)).toBeGreaterThanOrEqual(YEAR_MS);
  });
});

describe('a fork onto the wall clock', () => {
  test('of a virtual timeline runs on from the fork’s time, as fast as the wall’s, in every process', async () => {
    const name = `V${timelines}`;
    await createVirtual(one, name);
    await furnish(name);
    await run(one, name, { type: 'AdvanceClock', byMs: 3_600_000 });
    await fork(name, `${name}-WALL`, { clock: 'wall' });
    shift.ms = DAY_MS / 2;
    const now = await nowOf(one, `${name}-WALL`);
    expect(now).toBeGreaterThanOrEqual(3_600_000 + shift.ms);
    expect(now).toBeLessThan(3_600_000 + shift.ms + 600_000);
    expect(await run(one, `${name}-WALL`, deposit('ann', 1))).toMatchObject({ status: 'accepted' });
    const events = await eventsOf(`${name}-WALL`);
    expect(events.slice(-2)).toMatchObject([{ type: 'TimelineForked', atMs: 3_600_000 }, { type: 'FundsDeposited' }]);
    expect((events.at(-1)?.atMs ?? 0) - now).toBeLessThan(600_000);
    await one.runtime.takeSnapshot(`${name}-WALL`);
    expect(await nowOf(await open(), `${name}-WALL`)).toBeGreaterThanOrEqual(now);
    expect(await nowOf(await open(), `${name}-WALL`)).toBeLessThan(now + 600_000);
    await goTo(DAY_MS, `${name}-WALL`);
    await run(one, `${name}-WALL`, deposit('ann', 1));
    // The market was opened for a day, an hour before the fork.
    expect((await eventsOf(`${name}-WALL`, events.length)).at(0)).toEqual({ type: 'MarketClosed', atMs: DAY_MS });
  });

  test('ticks at its own time: a year between the parent and today pays no yield', async () => {
    const process = await open({ tickMs: 20 });
    const name = await createWall();
    await furnish(name);
    shift.ms = YEAR_MS;
    await fork(name, `${name}-WALL`, { clock: 'wall' });
    const forkedAt = (await eventsOf(`${name}-WALL`)).at(-1)?.atMs ?? 0;
    const { version } = await fingerprint(process, `${name}-WALL`);
    shift.ms += 60_000;
    const paid = async () =>
      (await eventsOf(`${name}-WALL`, version)).filter(({ type }) => type === 'YieldDistributed');
    while ((await paid()).length === 0) await fingerprint(process, `${name}-WALL`);
    expect((await paid()).every(({ atMs }) => atMs < forkedAt + 600_000)).toBe(true);
    expect((await eventsOf(`${name}-WALL`, version)).map(({ type }) => type)).not.toContain('MarketClosed');
    await run(one, `${name}-WALL`, { type: 'CompleteTimeline', result: null });
  });

  test('that asks to run from now lets the time between pass at once', async () => {
    const name = `V${timelines}`;
    await createVirtual(one, name);
    await furnish(name);
    await fork(name, `${name}-NOW`, { clock: 'wall', runsFrom: 'now' });
    await run(one, `${name}-NOW`, deposit('ann', 1));
    const [closed, deposited] = (await eventsOf(`${name}-NOW`)).slice(-2);
    expect(closed).toEqual({ type: 'MarketClosed', atMs: DAY_MS });
    expect(Math.abs((deposited?.atMs ?? 0) - Date.now())).toBeLessThan(600_000);
  });

  test('of such a fork stands at its own fork’s time: offsets are not added up', async () => {
    const name = `V${timelines}`;
    await createVirtual(one, name);
    await fork(name, `${name}-1`, { clock: 'wall' });
    await goTo(DAY_MS, `${name}-1`);
    await run(one, `${name}-1`, register('ann', 1));
    const forkedAt = (await eventsOf(`${name}-1`)).at(-1)?.atMs ?? 0;
    shift.ms = YEAR_MS;
    await fork(`${name}-1`, `${name}-2`, { clock: 'wall' });
    await fork(`${name}-1`, `${name}-NOW`, { clock: 'wall', runsFrom: 'now' });
    await fork(`${name}-1`, `${name}-STILL`, {});
    shift.ms += DAY_MS;
    expect((await nowOf(one, `${name}-2`)) - forkedAt - DAY_MS).toBeLessThan(600_000);
    expect((await nowOf(one, `${name}-2`)) - forkedAt).toBeGreaterThanOrEqual(DAY_MS);
    expect(Math.abs((await nowOf(one, `${name}-NOW`)) - Date.now() - shift.ms)).toBeLessThan(600_000);
    expect(await nowOf(one, `${name}-STILL`)).toBe(forkedAt);
  });
});

describe('wall clocks', () => {
  test("what falls due is the system's own commit before the next command, and moves no precondition", async () => {
    const process = one;
    const wall = await createWall();
    await run(process, wall, register('ann', 10_000));
    await run(process, wall, { type: 'CreateMarket', marketId: market('M'), title: 'Rain?', duration: 'micro' });
    const { version } = await fingerprint(process, wall);
    shift.ms = 25 * 3_600_000;
    await run(process, wall, { type: 'ChangeApy', apyPpm: 50_000 });
    const bet: Command = {
      type: 'PlaceBet',
      marketId: market('M'),
      agentId: agent('ann'),
      outcome: 'YES',
      amount: units(1),
    };
    expect(await run(process, wall, bet, { expectedVersion: version })).toMatchObject({
      status: 'refused',
      refusal: { code: 'market-not-open' },
    });
    const { events } = await process.runtime.readEvents(wall, { afterVersion: version, limit: 10 });
    expect(events).toMatchObject([{ type: 'MarketClosed', actor: 'system' }]);
    const created = await process.runtime.read(wall, {}, ({ state }) => state.markets.get('M')?.terms.expiresAtMs);
    expect(events[0]?.atMs).toBe(created);
  });

  test('two processes tick, and each interval is paid once', async () => {
    const a = await open({ tickMs: 20 });
    const b = await open({ tickMs: 20 });
    const wall = await createWall(a);
    await run(a, wall, register('ann', 10_000));
    await run(a, wall, { type: 'AddStake', agentId: agent('ann'), amount: units(10_000) });
    await fingerprint(b, wall);
    const distributions = async (): Promise<readonly number[]> => {
      const page = await a.runtime.readEvents(wall, { afterVersion: 0, limit: 1_000, types: ['YieldDistributed'] });
      return page.events.map(({ data }) => (JSON.parse(data) as { throughMs: number }).throughMs);
    };
    for (let interval = 1; interval <= 5; interval += 1) {
      shift.ms += 10_000;
      while ((await distributions()).length < interval) await a.runtime.read(wall, {}, () => undefined);
    }
    const through = await distributions();
    expect(through).toHaveLength(5);
    expect(new Set(through).size).toBe(5);
    expect(through.every((ms, i) => i === 0 || ms % 10_000 === 0)).toBe(true);
    expect(await fingerprint(a, wall)).toEqual(await fingerprint(b, wall));
  });

  test("a process whose clock is not the database's refuses to write", async () => {
    const process = await openTestProcess(database.url, { processClock: systemClock(3_600_000) });
    opened.push(process);
    const t = `T${timelines}`;
    await createVirtual(one, t);
    await run(one, t, register('ann', 100));
    await expect(run(process, t, deposit('ann', 1))).rejects.toThrow(ClockDisagreement);
    expect(await available(process, t, 'ann')).toBe(units(100));
  });

  test("time never runs backwards in the log, though the database's clock does", async () => {
    shift.ms = 60_000;
    const process = await open();
    const wall = await createWall(process);
    await run(process, wall, register('ann', 10_000));
    shift.ms = 0;
    await run(process, wall, deposit('ann', 1));
    await run(process, wall, deposit('ann', 1));
    const { events } = await process.runtime.readEvents(wall, { afterVersion: 0, limit: 100 });
    const times = events.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((x, y) => x - y));
  });
});
