import type { Ledger } from './ledger.js';
import { toDecimal } from './money.js';
import { listIn, microIn, numberIn, textIn } from './replies.js';
import type { Bot } from './roster.js';
import type { SeedClient } from './seed-client.js';

/** What the server says at the end, and where it differs from the driver's own books. */
export interface Audit {
  readonly version: number;
  readonly stateHash: string;
  readonly moneySupply: bigint;
  readonly yieldDistributed: bigint;
  /** A sentence for each difference; none if all of it agrees to the micro-unit. */
  readonly differences: readonly string[];
}

/** Asks the server for its figures and holds the books against them. */
export async function audit(
  client: SeedClient,
  { timeline, ledger, bots }: { readonly timeline: string; readonly ledger: Ledger; readonly bots: readonly Bot[] },
): Promise<Audit> {
  const path = `/v1/timelines/${encodeURIComponent(timeline)}`;
  const state = await client.get(`${path}/state`);
  const yieldAccount = await client.get(`${path}/yield`);
  const agents = listIn(await client.get(`${path}/agents?limit=1000`), 'items');
  const moneySupply = microIn(state, 'moneySupply');
  const yieldDistributed = microIn(yieldAccount, 'totalDistributed');
  return {
    version: numberIn(state, 'version'),
    stateHash: textIn(state, 'stateHash'),
    moneySupply,
    yieldDistributed,
    differences: [
      ...difference('the money supply', { server: moneySupply, books: ledger.moneySupply }),
      ...difference('the yield distributed', { server: yieldDistributed, books: ledger.yieldPaid }),
      ...bots.flatMap(({ id }) => differencesOf(id, { ledger, agents })),
    ],
  };
}

/** Yield is credited by the server alone, so a bot must have what the books say and its yield. */
function differencesOf(
  id: string,
  { ledger, agents }: { readonly ledger: Ledger; readonly agents: readonly unknown[] },
): readonly string[] {
  const agent = agents.find((candidate) => textIn(candidate, 'agentId') === id);
  if (agent === undefined) return [`${id} is not among the server's agents`];
  const { available, staked } = ledger.account(id);
  const withoutYield = microIn(agent, 'available') - microIn(agent, 'yieldEarned');
  return [
    ...difference(`what ${id} has available`, { server: withoutYield, books: available }),
    ...difference(`the stake of ${id}`, { server: microIn(agent, 'staked'), books: staked }),
  ];
}

const difference = (what: string, { server, books }: { readonly server: bigint; readonly books: bigint }): string[] =>
  server === books ? [] : [`${what} is ${toDecimal(server)} and should be ${toDecimal(books)}`];
