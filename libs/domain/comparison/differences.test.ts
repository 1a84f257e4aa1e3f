import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReadableState, State } from '../state.js';
import { begun, intents, play } from '../testing/histories.js';
import { fold, Simulation, textOf } from '../testing/simulation.js';
import { agentWith, given, timelineCreated } from '../testing/specification.js';
import { micro, type AgentId } from '../units.js';
import { accruedAt, computeThrough, touch } from '../yield/integrals.js';
import { COMPARED_SECTIONS, differencesBetween, type Difference } from './differences.js';

const allBetween = (...of: Parameters<typeof differencesBetween>): readonly Difference[] =>
  [...differencesBetween(...of)].flat();

/** The state after a history. */
function stateAfter(asked: Parameters<typeof play>[1]): State {
  const simulation = begun();
  play(simulation, asked);
  return simulation.state;
}

/** Canonical text without what is not compared: every agent touched and accrued to the state's time, as is the total. */
function comparedText(state: State): string {
  const brought = state.overlay();
  const { nowMs, yieldAccount } = state;
  for (const id of state.agents.sortedIds()) {
    const agent = state.agents.get(id);
    if (agent === undefined) continue;
    const { agent: touched, credit } = touch(agent, yieldAccount);
    const accrued = accruedAt(touched, yieldAccount, nowMs);
    brought.agents.set(id, {
      ...touched,
      available: micro(touched.available + credit),
      integral: 0n,
      ordinal: 0,
      accrued,
    });
  }
  brought.yieldAccount = { ...computeThrough(yieldAccount, nowMs), computedMs: 0, distributedIntegral: 0n };
  return textOf(brought);
}

describe('of random histories', () => {
  test('two states have no difference if and only if all that is compared is the same', () => {
    // Short, on one base, and often the same thing twice, so that many pairs are alike.
    const pair = fc.tuple(intents, fc.array(fc.nat(), { maxLength: 2 })).map(([asked, dropped]) => ({
      left: asked,
      right: asked.filter((_, i) => !dropped.some((drop) => drop % (asked.length + 1) === i)),
    }));
    let alike = 0;
    fc.assert(
      fc.property(pair, ({ left, right }) => {
        const [ours, theirs] = [stateAfter(left), stateAfter(right)];
        const differs = allBetween(ours, theirs).length > 0;
        expect(differs).toBe(comparedText(ours) !== comparedText(theirs));
        if (!differs) alike += 1;
      }),
      { numRuns: 300 },
    );
    expect(alike).toBeGreaterThan(20);
  });

  test('the same log gives the same state, and a state does not differ from its pin', () => {
    fc.assert(
      fc.property(intents, (asked) => {
        const simulation = begun();
        play(simulation, asked);
        const pinned = simulation.state.pin();
        expect(allBetween(simulation.state, fold(simulation.log))).toEqual([]);
        expect(allBetween(pinned, simulation.state)).toEqual([]);
        pinned.release();
      }),
      { numRuns: 60 },
    );
  });

  test('left and right are each other’s mirror, hold only what differs, and stand in order', () => {
    fc.assert(
      fc.property(intents, intents, (left, right) => {
        const [ours, theirs] = [stateAfter(left), stateAfter(right)];
        const differences = allBetween(ours, theirs);
        const mirrored = allBetween(theirs, ours).map((each) => ({ ...each, left: each.right, right: each.left }));
        expect(differences).toEqual(mirrored);
        for (const { left: from, right: to } of differences) {
          expect(from ?? to).not.toBeNull();
          for (const name of Object.keys({ ...from, ...to })) expect(from?.[name]).not.toEqual(to?.[name]);
        }
        const places = differences.map(({ section, id }) => [COMPARED_SECTIONS.indexOf(section), id] as const);
        const inOrder = [...places].sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
        expect(places).toEqual(inOrder);
      }),
      { numRuns: 100 },
    );
  });

  test('it goes on behind any difference', () => {
    fc.assert(
      fc.property(intents, intents, fc.nat(), (left, right, drawn) => {
        const [ours, theirs] = [stateAfter(left), stateAfter(right)];
        const differences = allBetween(ours, theirs);
        const index = drawn % Math.max(1, differences.length);
        const last = differences[index];
        if (last !== undefined) expect(allBetween(ours, theirs, last)).toEqual(differences.slice(index + 1));
      }),
      { numRuns: 100 },
    );
  });
});

test('an agent is compared with what a touch would credit', () => {
  const differences = allBetween(stakingFor(86_400_000), stakingFor(2 * 86_400_000));
  expect(differences.map(({ section }) => section)).toEqual(['supply', 'yield', 'agents', 'time']);
  expect(differences.find(({ section }) => section === 'agents')).toEqual({
    section: 'agents',
    id: 'a',
    left: {
      available: { unit: 'micro', value: 136_986n },
      yieldEarned: { unit: 'micro', value: 136_986n },
      yieldRemainder: { unit: 'integer', value: 9_504_000_000_000_000n },
    },
    right: {
      available: { unit: 'micro', value: 273_972n },
      yieldEarned: { unit: 'micro', value: 273_972n },
      yieldRemainder: { unit: 'integer', value: 19_008_000_000_000_000n },
    },
  });
});

/** One agent with all its money staked, and yield distributed some time later. */
function stakingFor(byMs: number): State {
  const [id, money] = ['a' as AgentId, micro(1_000_000_000n)];
  const simulation = new Simulation();
  simulation.run({ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 });
  simulation.run({ type: 'RegisterAgent', agentId: id, deposit: money });
  simulation.run({ type: 'AddStake', agentId: id, amount: money });
  simulation.run({ type: 'AdvanceClock', byMs });
  simulation.run({ type: 'DistributeYield' });
  return simulation.state;
}

test('rows come in pieces, so that whoever consumes them may rest', () => {
  const many = (from: number): ReadableState => {
    const agents = Array.from({ length: 1_000 }, (_, i) => agentWith(`a${from + i}`, micro(1n))).flat();
    return given(timelineCreated(), ...agents).state;
  };
  const pieces = [...differencesBetween(many(0), many(500))];
  expect(pieces.length).toBeGreaterThan(5);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(256);
  expect(pieces.flat().filter(({ section }) => section === 'agents')).toHaveLength(1_000);
});
