import { describe, expect, test } from '@jest/globals';
import type { Command } from '../commands.js';
import { checkEconomy } from '../ledger/audit.js';
import { Simulation } from '../testing/simulation.js';
import { agentWith, given, timelineCreated } from '../testing/specification.js';
import { micro, toText, type AgentId } from '../units.js';
import { accruedAt, touch } from './integrals.js';
import { Y } from './state.js';

const ana = 'ana' as AgentId;
const units = (count: number) => micro(BigInt(count) * 1_000_000n);

describe('the golden history: credited 1,534,393 micro, N = 25,302,000,000,000,000, at any cadence', () => {
  const END_MS = 30_000_000;
  const changes: readonly (readonly [number, Command])[] = [
    [0, { type: 'AddStake', agentId: ana, amount: units(5_000) }],
    [1_234_567, { type: 'ChangeApy', apyPpm: 80_000 }],
    [9_876_543, { type: 'AddStake', agentId: ana, amount: units(50_000) }],
    [20_000_000, { type: 'WithdrawStake', agentId: ana, amount: units(54_900) }],
  ];
  const every = (ms: number) => Array.from({ length: Math.floor(END_MS / ms) }, (_, i) => (i + 1) * ms);
  const changeTimes = changes.map(([ms]) => ms);

  /** Distributes at the given times, before the changes of the same instant or after them; last of all at the end. */
  function play(times: readonly number[], order: 'before' | 'after', distribute: Command['type'] = 'DistributeYield') {
    const simulation = new Simulation();
    simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
    simulation.run({ type: 'RegisterAgent', agentId: ana, deposit: units(60_000) });
    const pay = { type: distribute } as Command;
    const agenda = [
      ...changes.map(([ms, command]) => ({ ms, rank: 1, command })),
      ...times.map((ms) => ({ ms, rank: order === 'before' ? 0 : 2, command: pay })),
      { ms: END_MS, rank: 3, command: pay },
    ].sort((a, b) => a.ms - b.ms || a.rank - b.rank);
    for (const { ms, command } of agenda) {
      simulation.run({ type: 'AdvanceClock', toMs: ms });
      simulation.run(command);
    }
    return simulation.state;
  }

  test.each([
    ['once, at the end', []],
    ['every 10 s', every(10_000)],
    ['every second', every(1_000)],
    ['every 7,919 ms', every(7_919)],
    ['every 1,234,567 ms', every(1_234_567)],
    ['every hour', every(3_600_000)],
    ['at the instants of the changes alone', changeTimes],
    ['a ms before each change', changeTimes.map((ms) => Math.max(0, ms - 1))],
    ['a ms after each change', changeTimes.map((ms) => ms + 1)],
    ['a second before, at and a second after each change', changeTimes.flatMap((ms) => [ms - 1_000, ms, ms + 1_000])],
  ])('%s', (_name, cadence) => {
    const times = cadence.filter((ms) => ms >= 0 && ms < END_MS);
    for (const order of ['before', 'after'] as const) {
      const state = play(times, order);
      expectGolden(state);
      expect(checkEconomy(state)).toEqual([]);
    }
  });

  test.each([10, 60, 3_333])('by ticks of %i s that come late', (seconds) => {
    expectGolden(play(every(seconds * 1_000 + 137), 'after', 'PayScheduledYield'), END_MS);
  });

  function expectGolden(state: Simulation['state'], throughMs = END_MS): void {
    const agent = state.agents.get(ana);
    if (agent === undefined) throw new Error('no agent');
    const touched = touch(agent, state.yieldAccount).agent;
    // A tick pays through its interval's end only, so the whole accrual is compared: credited × Y + N.
    const accrued = touched.yieldEarned * Y + accruedAt(touched, state.yieldAccount, throughMs);
    expect(accrued).toBe(1_534_393n * Y + 25_302_000_000_000_000n);
    if (state.yieldAccount.lastPayoutMs !== END_MS) return;
    expect(touched.yieldEarned).toBe(1_534_393n);
    expect(touched.accrued).toBe(25_302_000_000_000_000n);
    expect(state.yieldAccount.distributed).toBe(1_534_393n);
  }
});

const stakedSince0 = given(timelineCreated(), ...agentWith('ana', units(100_000)), {
  type: 'StakeAdded',
  data: { agentId: ana, amount: toText(units(100_000)) },
});

test('a distribution moves what accrued from issuance to the payable, in one event', () => {
  const { state } = stakedSince0.when({ type: 'DistributeYield' }, { nowMs: 31_536_000 }).thenEvents({
    type: 'YieldDistributed',
    data: { rule: 'integral-1', throughMs: 31_536_000, integral: '1576800000000', total: toText(units(5)) },
  });
  expect(state.ledger.yieldPayable).toBe(units(5));
  expect(state.agents.get(ana)?.yieldEarned).toBe(0n);
  expect(checkEconomy(state)).toEqual([]);
});

test('yield distributed and not yet credited can be spent', () => {
  const context = { nowMs: 31_536_000 };
  const spend = given(
    timelineCreated(),
    ...agentWith('ana', units(100_000)),
    { type: 'StakeAdded', data: { agentId: ana, amount: toText(units(100_000)) } },
    {
      type: 'YieldDistributed',
      atMs: 31_536_000,
      data: { rule: 'integral-1', throughMs: 31_536_000, integral: '1576800000000', total: toText(units(5)) },
    },
  );
  spend
    .when({ type: 'WithdrawFunds', agentId: ana, amount: micro(5_000_001n) }, context)
    .thenRefused('insufficient-funds');
  const { state } = spend.when({ type: 'WithdrawFunds', agentId: ana, amount: units(5) }, context);
  expect(state.agents.get(ana)).toMatchObject({ available: 0n, yieldEarned: units(5) });
  expect(state.ledger.yieldPayable).toBe(0n);
});

test('on command, nothing is distributed within a second of the last distribution', () => {
  const first = { type: 'YieldDistributed', atMs: 31_536_000 } as const;
  const spec = given(
    timelineCreated(),
    ...agentWith('ana', units(100_000)),
    { type: 'StakeAdded', data: { agentId: ana, amount: toText(units(100_000)) } },
    {
      ...first,
      data: { rule: 'integral-1', throughMs: 31_536_000, integral: '1576800000000', total: toText(units(5)) },
    },
  );
  spec.when({ type: 'DistributeYield' }, { nowMs: 31_536_999 }).thenNothing();
  spec.when({ type: 'DistributeYield' }, { nowMs: 31_537_000 }).thenEvents({
    type: 'YieldDistributed',
    data: { rule: 'integral-1', throughMs: 31_537_000, integral: '1576850000000', total: toText(micro(158n)) },
  });
});

test('a tick pays through the last whole multiple of the interval, and once', () => {
  const tick = stakedSince0.when({ type: 'PayScheduledYield' }, { nowMs: 31_539_999 });
  tick.thenEvents({
    type: 'YieldDistributed',
    data: { rule: 'integral-1', throughMs: 31_530_000, integral: '1576500000000', total: toText(micro(4_999_048n)) },
  });
  expect(tick.state.yieldAccount.lastPayoutMs).toBe(31_530_000);
});

test('a tick that finds the integrals past the boundary pays through where they are', () => {
  const simulation = new Simulation();
  simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
  simulation.run({ type: 'RegisterAgent', agentId: ana, deposit: units(100_000) });
  simulation.run({ type: 'AddStake', agentId: ana, amount: units(99_000) });
  simulation.run({ type: 'AdvanceClock', toMs: 25_000 });
  simulation.run({ type: 'AddStake', agentId: ana, amount: units(1_000) });
  simulation.run({ type: 'AdvanceClock', toMs: 27_000 });
  expect(simulation.run({ type: 'PayScheduledYield' })).toMatchObject({ events: [{ data: { throughMs: 25_000 } }] });
  expect(simulation.run({ type: 'PayScheduledYield' })).toMatchObject({ events: [] });
  simulation.run({ type: 'AdvanceClock', toMs: 30_000 });
  expect(simulation.run({ type: 'PayScheduledYield' })).toMatchObject({ events: [{ data: { throughMs: 30_000 } }] });
  expect(checkEconomy(simulation.state)).toEqual([]);
});

test('where nothing would be paid nothing is recorded', () => {
  given(timelineCreated()).when({ type: 'PayScheduledYield' }, { nowMs: 86_400_000 }).thenNothing();
  stakedSince0.when({ type: 'DistributeYield' }, { nowMs: 0 }).thenNothing();
  stakedSince0.when({ type: 'ChangeApy', apyPpm: 50_000 }, { nowMs: 5 }).thenNothing();
});

test('a new rate counts from now on, not from before', () => {
  const changed = stakedSince0.when({ type: 'ChangeApy', apyPpm: 0 }, { nowMs: 31_536_000 });
  expect(changed.state.yieldAccount.integral).toBe(50_000n * 31_536_000n);
});

test('a touch at the instant of a distribution, before it, is not taken for one after it', () => {
  const simulation = new Simulation();
  simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
  simulation.run({ type: 'RegisterAgent', agentId: ana, deposit: units(200_000) });
  simulation.run({ type: 'AddStake', agentId: ana, amount: units(100_000) });
  simulation.run({ type: 'AdvanceClock', toMs: 31_536_000 });
  simulation.run({ type: 'AddStake', agentId: ana, amount: units(100_000) });
  simulation.run({ type: 'DistributeYield' });
  simulation.run({ type: 'WithdrawFunds', agentId: ana, amount: units(5) });
  expect(simulation.state.agents.get(ana)).toMatchObject({ available: 0n, yieldEarned: units(5), accrued: 0n });
});

test('a distribution that names another total, integral or rule is a fault', () => {
  const data = { rule: 'integral-1', throughMs: 31_536_000, integral: '1576800000000', total: toText(units(5)) };
  const distributed = (differing: object) => () =>
    given(
      timelineCreated(),
      ...agentWith('ana', units(100_000)),
      { type: 'StakeAdded', data: { agentId: ana, amount: toText(units(100_000)) } },
      { type: 'YieldDistributed', atMs: 31_536_000, data: { ...data, ...differing } },
    );
  expect(distributed({})).not.toThrow();
  expect(distributed({ total: toText(micro(5_000_001n)) })).toThrow('distributed 5000001 micro');
  expect(distributed({ integral: '1576800000001' })).toThrow('integral 1576800000001');
  expect(distributed({ rule: 'integral-0' })).toThrow('unknown yield rule integral-0');
});
