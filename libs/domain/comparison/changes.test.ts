import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evolve } from '../evolve.js';
import { State, type ReadableState } from '../state.js';
import { begun, intents, play } from '../testing/histories.js';
import { textOf } from '../testing/simulation.js';
import { agentWith, given, timelineCreated } from '../testing/specification.js';
import { micro, toText, type AgentId } from '../units.js';
import { changesOf, type Changes } from './changes.js';

/** A random history, event by event: the state before, and what the event changed. */
function eachEvent(
  asked: Parameters<typeof play>[1],
  look: (event: { readonly before: State; readonly after: State; readonly changes: Changes }) => void,
): void {
  const simulation = begun();
  play(simulation, asked);
  const before = new State();
  simulation.log.forEach((event, i) => {
    const after = before.overlay();
    evolve(after, event, { version: i + 1, atMs: event.atMs });
    look({ before, after, changes: changesOf(before, after) });
    before.absorb(after);
  });
}

/** Every account of a state that is not 0, the slow way. */
function accountsOf({ ledger, agents, markets }: ReadableState): Map<string, bigint> {
  const accounts = new Map<string, bigint>([
    ['issuance', ledger.issuance],
    ['house:yield-payable', ledger.yieldPayable],
  ]);
  for (const id of agents.sortedIds()) {
    accounts.set(`agent:${id}:available`, agents.get(id)?.available ?? 0n);
    accounts.set(`agent:${id}:staked`, agents.get(id)?.staked ?? 0n);
  }
  for (const id of markets.sortedIds()) {
    accounts.set(`market:${id}:escrow`, markets.get(id)?.escrow ?? 0n);
    accounts.set(`market:${id}:fees`, markets.get(id)?.fees ?? 0n);
  }
  return new Map([...accounts].filter(([, balance]) => balance !== 0n));
}

/** Every position of a state that is not 0, the slow way. */
function positionsOf({ holdings }: ReadableState): Map<string, bigint> {
  const positions = new Map<string, bigint>();
  for (const id of holdings.sortedIds()) {
    holdings.get(id)?.shares.forEach((held, outcome) => {
      if (held !== 0n) positions.set(`${id}/${outcome}`, held);
    });
  }
  return positions;
}

function applied(balances: Map<string, bigint>, changes: readonly [string, bigint, bigint][]): Map<string, bigint> {
  const result = new Map(balances);
  for (const [name, before, after] of changes) {
    expect(result.get(name) ?? 0n).toBe(before);
    expect(after).not.toBe(before);
    if (after === 0n) result.delete(name);
    else result.set(name, after);
  }
  return result;
}

const sorted = (entries: Map<string, bigint>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

describe('of every event of a random history', () => {
  test('the changes of the accounts come to 0', () => {
    fc.assert(
      fc.property(intents, (asked) => {
        eachEvent(asked, ({ changes: { accounts } }) => {
          expect(accounts.reduce((sum, { before, after }) => sum + after - before, 0n)).toBe(0n);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('the changes turn all accounts and positions before into those after', () => {
    fc.assert(
      fc.property(intents, (asked) => {
        eachEvent(asked, ({ before, after, changes: { accounts, positions } }) => {
          const names = accounts.map(({ account }) => account);
          expect(names).toEqual([...new Set(names)].sort());
          const byAccount = accounts.map(({ account, ...change }) => tuple(account, change));
          const byOutcome = positions.map(({ marketId, agentId, outcome, ...change }) =>
            tuple(`${marketId}/${agentId}/${outcome}`, change),
          );
          expect(sorted(applied(accountsOf(before), byAccount))).toEqual(sorted(accountsOf(after)));
          expect(sorted(applied(positionsOf(before), byOutcome))).toEqual(sorted(positionsOf(after)));
        });
      }),
      { numRuns: 80 },
    );
  });

  test('there is a change if and only if the canonical text has changed', () => {
    fc.assert(
      fc.property(intents, (asked) => {
        eachEvent(asked, ({ before, after, changes: { accounts, positions, other } }) => {
          const covered = [...accounts, ...positions, ...other.filter(({ section }) => section !== 'timeline')];
          expect(covered.length === 0).toBe(textOf(before) === textOf(after));
        });
      }),
      { numRuns: 80 },
    );
  });
});

const tuple = (name: string, { before, after }: { before: bigint; after: bigint }): [string, bigint, bigint] => [
  name,
  before,
  after,
];

test('a deposit moves money from issuance and passes the time, and that is all', () => {
  const { state } = given(timelineCreated(), ...agentWith('ana', micro(5n)));
  const after = state.overlay();
  const event = { type: 'FundsDeposited', data: { agentId: 'ana' as AgentId, amount: toText(micro(2n)) } } as const;
  evolve(after, event, { version: 4, atMs: 70 });
  expect(changesOf(state, after)).toEqual({
    accounts: [
      { account: 'agent:ana:available', before: 5n, after: 7n },
      { account: 'issuance', before: -5n, after: -7n },
    ],
    positions: [],
    other: [
      {
        section: 'time',
        id: 'time',
        before: { now: { unit: 'ms', value: 0 } },
        after: { now: { unit: 'ms', value: 70 } },
      },
    ],
  });
});

test('a row that an event makes is shown whole, and had no fields before', () => {
  const { state } = given(timelineCreated());
  const after = state.overlay();
  evolve(after, { type: 'DocumentSaved', data: { name: 'plan', text: '1' } } as never, { version: 2, atMs: 0 });
  expect(changesOf(state, after).other).toEqual([
    {
      section: 'documents',
      id: 'plan',
      before: null,
      after: {
        sizeBytes: { unit: 'count', value: 1 },
        savedAt: { unit: 'ms', value: 0 },
        text: { unit: 'text', value: '1' },
      },
    },
  ]);
});

test('the first event makes the timeline', () => {
  const before = new State();
  const after = before.overlay();
  evolve(after, timelineCreated(), { version: 1, atMs: 0 });
  expect(changesOf(before, after).other).toContainEqual({
    section: 'timeline',
    id: 'timeline',
    before: { status: { unit: 'text', value: 'absent' } },
    after: {
      status: { unit: 'text', value: 'active' },
      clock: { unit: 'text', value: 'virtual' },
      offsetMs: { unit: 'count', value: 0 },
      createdAt: { unit: 'ms', value: 0 },
    },
  });
});
