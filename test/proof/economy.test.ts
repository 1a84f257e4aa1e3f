import { randomUUID } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkArchive, importArchive } from '#archives';
import { openMemoryLog, type EventLog, type ProposedEvent } from '#event-log';
import { verifyTimeline } from '#proof';
import { openRuntime, type Runtime } from '#runtime';
import { agent, createVirtual, fingerprint, market, register, run, runtimeOptions, units } from '../runtime/harness.js';

let log: EventLog;
let runtime: Runtime;
let created = 0;

beforeAll(async () => {
  log = openMemoryLog();
  runtime = await openRuntime(runtimeOptions(log));
});

afterAll(() => runtime.drain());

/** A timeline with a staker, a market and a bettor, at some time after its start. */
async function openTimeline(): Promise<string> {
  created += 1;
  const name = `T${created}`;
  await createVirtual({ runtime }, name);
  for (const command of [
    register('ann', 1_000),
    register('ben', 1_000),
    { type: 'AddStake', agentId: agent('ann'), amount: units(500) } as const,
    { type: 'CreateMarket', marketId: market('m'), title: 'Rain?', expiresAtMs: 9e9 } as const,
    { type: 'AdvanceClock', byMs: 86_400_000 } as const,
    { type: 'AddStake', agentId: agent('ben'), amount: units(5) } as const,
    { type: 'PlaceBet', agentId: agent('ben'), marketId: market('m'), outcome: 'YES', amount: units(10) } as const,
  ]) {
    expect(await run({ runtime }, name, command)).toMatchObject({ status: 'accepted' });
  }
  return name;
}

/** What somebody might append who can make the chain, and not the money. Returns the first version. */
async function append(
  name: string,
  events: readonly { readonly type: string; readonly data: object; readonly schemaVersion?: number }[],
): Promise<number> {
  const record = await log.findTimeline(name);
  if (record === undefined) throw new Error(`no timeline ${name}`);
  const { timelineId, head, last } = record;
  const proposed = events.map(({ type, data, schemaVersion = 1 }): ProposedEvent => {
    const commandId = randomUUID();
    return { type, schemaVersion, atMs: last.atMs, commandId, actor: 'eve', data: JSON.stringify(data) };
  });
  const request = { timelineId, expected: head, events: proposed, keys: [], recordedAtMs: 0, writer: 'eve' };
  expect((await log.append(request)).status).toBe('appended');
  return head.version + 1;
}

const deposits = (count: number) =>
  Array.from({ length: count }, () => ({ type: 'FundsDeposited', data: { agentId: 'ben', amount: '1' } }));

/** A stake imported over one that has accrued: nothing in the event is wrong by itself, and the yield of a day is lost. */
const unbalanced = { type: 'LegacyStakeImported', data: { agentId: 'ann', amount: '5' } };

/** Far more shares than the amount buys. */
const falseBet = {
  type: 'BetPlaced',
  data: { marketId: 'm', agentId: 'ben', outcome: 0, amount: '1000000', fee: '0', shares: '400000000' },
};

const verify = (name: string) => verifyTimeline(log, name);

describe('rows that chain and say what cannot be are named as a broken invariant:', () => {
  test('a bet with shares from nowhere', async () => {
    const name = await openTimeline();
    await append(name, deposits(3));
    const version = await append(name, [falseBet]);
    await append(name, deposits(2));
    expect(await verify(name)).toMatchObject({
      valid: false,
      stateHash: null,
      firstViolation: { version, kind: 'invariant', detail: expect.stringContaining('the product of market m fell') },
    });
  });

  test('a payout with money from nowhere', async () => {
    const name = await openTimeline();
    await run({ runtime }, name, { type: 'CloseMarket', marketId: market('m') });
    const payouts = [{ agentId: 'ben', amount: '999000000000' }];
    const version = await append(name, [
      { type: 'MarketResolved', data: { marketId: 'm', payout: [1, 0], payouts, returned: '0' } },
    ]);
    expect((await verify(name))?.firstViolation).toMatchObject({
      version,
      kind: 'invariant',
      detail: expect.stringContaining('market:m:escrow would be -'),
    });
  });

  test.each([0, 1, 500, 999, 1_000, 2_500])('books that do not balance, %i events before', async (before) => {
    const name = await openTimeline();
    if (before > 0) await append(name, deposits(before));
    const version = await append(name, [...deposits(7), unbalanced, ...deposits(40)]);
    await append(name, deposits(1_500));
    const verification = await verify(name);
    expect(verification).toMatchObject({ valid: false, stateHash: null });
    expect(verification?.firstViolation).toMatchObject({ version: version + 7, kind: 'invariant', timeline: name });
    expect(verification?.firstViolation?.detail).toMatch(
      /^after the LegacyStakeImported at version \d+ stakes accrued/,
    );
  });

  test('books that did not balance before a later event could not be evolved, or read', async () => {
    for (const later of [falseBet, { type: 'FundsBurnt', data: {} }]) {
      const name = await openTimeline();
      const version = await append(name, [unbalanced, ...deposits(3), later]);
      expect((await verify(name))?.firstViolation).toMatchObject({ version, kind: 'invariant' });
    }
  });

  test('in a timeline that a fork stands on, by the name of who keeps the event', async () => {
    const name = await openTimeline();
    const version = await append(name, [unbalanced]);
    const fork = `${name}-fork`;
    await runtime.forkTimeline({ parent: name, name: fork, at: version, terms: {}, actor: 'test', key: null });
    expect((await verify(fork))?.firstViolation).toMatchObject({ version, kind: 'invariant', timeline: name });
  });
});

test('an event of a newer build is told from corruption, and the chain behind it is proven', async () => {
  const name = await openTimeline();
  const version = await append(name, [{ type: 'FundsBurnt', data: {} }]);
  await append(name, [{ type: 'AgentRegistered', schemaVersion: 9, data: {} }]);
  const verification = await verify(name);
  expect(verification).toMatchObject({
    valid: false,
    version: version + 1,
    stateHash: null,
    firstViolation: {
      version,
      kind: 'unreadable-event',
      detail:
        'FundsBurnt of schema version 1 is unknown to this build: run a newer build; the rows are as they were written',
    },
  });
});

test('a sound timeline comes to the state hash that it has live', async () => {
  const name = await openTimeline();
  const { version, hash } = await fingerprint({ runtime }, name);
  expect(await verify(name)).toMatchObject({ valid: true, version, events: version, stateHash: hash });
});

const corpus = new URL('../fixtures/logs/', import.meta.url);
const frozen = readdirSync(corpus).filter((file) => file.endsWith('.seed.gz'));

test.each(frozen)('every log of an earlier day is proven: %s', async (file) => {
  const imported = openMemoryLog();
  const open = () => createReadStream(new URL(file, corpus));
  await importArchive(imported, open(), { checked: await checkArchive(open()) });
  const timelines = await imported.listTimelines({ afterName: null, limit: 100 });
  expect(timelines).not.toEqual([]);
  for (const { name, head } of timelines) {
    expect(await verifyTimeline(imported, name)).toMatchObject({
      valid: true,
      version: head.version,
      headHash: head.hash,
    });
  }
});
