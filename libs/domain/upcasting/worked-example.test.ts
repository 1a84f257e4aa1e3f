import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { upcastBy, type StoredData, type UpcasterTable } from './upcast.js';

// The code that docs/changing-events.md shows; the last test holds that it shows this and nothing else.

/** The fact as `decide` makes it and `evolve` takes it: only the newest shape has a type. */
interface GiftGiven {
  readonly type: 'GiftGiven';
  readonly data: {
    readonly from: string;
    /** Since version 2 there may be several. */
    readonly to: readonly string[];
    /** Micro-units that each of them gets; version 1 and 2 had whole units. */
    readonly amount: string;
  };
}

const shapes = {
  GiftGiven: { schemaVersion: 3, units: { amount: 'micro' } },
};

const upcasters: UpcasterTable = {
  GiftGiven: {
    1: ({ to, ...data }: StoredData) => ({ ...data, to: [to] }),
    2: ({ units, ...data }: StoredData) => ({ ...data, amount: `${String(units)}000000` }),
  },
};

const upcast = upcastBy<GiftGiven>(shapes, upcasters);

test.each([
  [1, { from: 'ana', to: 'ben', units: 5 }],
  [2, { from: 'ana', to: ['ben'], units: 5 }],
  [3, { from: 'ana', to: ['ben'], amount: '5000000' }],
])('a gift of schema version %i is still a gift', (schemaVersion, data) => {
  expect(upcast({ type: 'GiftGiven', schemaVersion, data })).toEqual({
    kind: 'read',
    event: { type: 'GiftGiven', data: { from: 'ana', to: ['ben'], amount: '5000000' } },
  });
});

/** What a till holds, and what it has paid as interest. */
interface Till {
  readonly held: bigint;
  readonly paid: bigint;
}

interface InterestPaid {
  readonly type: 'InterestPaid';
  readonly data: { readonly rule: string; readonly total: string };
}

/** What each rule pays. None is ever changed or taken out: the logs of every release name theirs. */
const interestRules: ReadonlyMap<string, (till: Till) => bigint> = new Map([
  ['one-percent-1', ({ held }) => held / 100n],
  ['above-a-hundred-1', ({ held }) => (held > 100n ? (held - 100n) / 100n : 0n)],
]);

/** New decisions name the newest rule. */
const INTEREST_RULE = 'above-a-hundred-1';

const decideInterest = (till: Till): InterestPaid => ({
  type: 'InterestPaid',
  data: { rule: INTEREST_RULE, total: String(interestRules.get(INTEREST_RULE)?.(till)) },
});

function evolveInterestPaid(till: Till, { data }: InterestPaid): Till {
  const rule = interestRules.get(data.rule);
  if (rule === undefined) throw new Error(`unknown rule of interest ${data.rule}`);
  const total = BigInt(data.total);
  if (total !== rule(till)) throw new Error(`paid ${total}`);
  return { held: till.held - total, paid: till.paid + total };
}

test('what an old rule paid is still what it paid', () => {
  const till: Till = { held: 10_000n, paid: 0n };
  const old: InterestPaid = { type: 'InterestPaid', data: { rule: 'one-percent-1', total: '100' } };
  expect(evolveInterestPaid(till, old)).toEqual({ held: 9_900n, paid: 100n });
  expect(evolveInterestPaid(till, decideInterest(till))).toEqual({ held: 9_901n, paid: 99n });
});

test('the document shows the code above, and nothing else', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const code = read('worked-example.test.ts');
  const shown = [...read('../../../docs/changing-events.md').matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block);
  expect(shown.length).toBeGreaterThan(4);
  for (const block of shown) expect(code).toContain(block);
});
