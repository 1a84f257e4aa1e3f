import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Command } from '#domain';
import { MemoryShort, Overloaded } from './contract.js';
import { MemoryBudget } from './memory-budget.js';
import { memoryLimits } from './memory-limits.js';
import { Work } from './work.js';
import { WorkQueue } from './work-queue.js';

const command = { type: 'DistributeYield' } as const satisfies Command;
const FAR_MS = 1e9;

function openQueue(limits: { readonly commandsQueuedMax?: number; readonly entriesPerRoundMax?: number } = {}) {
  const budget = new MemoryBudget(memoryLimits({ statesBytesMax: 2 ** 30 }), { monotonicMs: () => 0 });
  return new WorkQueue({
    commandsQueuedMax: 1_000,
    entriesPerRoundMax: 10,
    monotonicMs: () => 0,
    memory: budget.queues,
    ...limits,
  });
}

function batch(actor: string, commands: number, one: Command = command): Work {
  const entries = Array.from({ length: commands }, () => ({ command: one, key: null }));
  return Work.batch({ entries, actor, key: null, expectedVersion: null, atomic: false }, FAR_MS);
}

function put(queue: WorkQueue, work: Work): Work {
  work.finished.catch(() => undefined);
  queue.add(work);
  return work;
}

/** Does a round as a group does: in order, as many entries as it may have. */
function round(queue: WorkQueue, entriesMax: number): readonly Work[] {
  const works = queue.next();
  let left = entriesMax;
  for (const work of works) {
    const done = Math.min(left, work.remaining);
    left -= done;
    work.settle(
      Array.from({ length: done }, () => ({ status: 'recorded', firstVersion: 1, lastVersion: 0 })),
      1,
    );
  }
  queue.dropFinished();
  return works;
}

describe('principals take turns', () => {
  test('each principal’s work is done in order, and nobody waits for more than a round of each other one', () => {
    const arrivals = fc.array(
      fc.record({
        actor: fc.constantFrom('a', 'b', 'c', 'd'),
        commands: fc.integer({ min: 1, max: 35 }),
        rounds: fc.nat({ max: 1 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(arrivals, (works) => {
        const queue = openQueue({ commandsQueuedMax: 10_000 });
        const waiting = new Map<string, Work[]>();
        const roundsWaited = new Map<string, number>();
        const doRound = () => {
          const before = new Map([...waiting].map(([actor, [first]]) => [actor, first?.remaining]));
          round(queue, 10);
          for (const [actor, own] of waiting) {
            const isServed = own[0]?.isOver === true || own[0]?.remaining !== before.get(actor);
            const waited = isServed ? 0 : (roundsWaited.get(actor) ?? 0) + 1;
            roundsWaited.set(actor, waited);
            expect(waited).toBeLessThan(4);
            // In order: nothing behind one that is not over was begun.
            const begun = own.findLastIndex((work) => work.next > 0);
            expect(own.slice(0, Math.max(0, begun)).every((work) => work.isOver)).toBe(true);
            while (own[0]?.isOver === true) own.shift();
            if (own.length === 0) waiting.delete(actor);
          }
        };
        for (const { actor, commands, rounds } of works) {
          const work = put(queue, batch(actor, commands));
          waiting.set(actor, [...(waiting.get(actor) ?? []), work]);
          if (rounds > 0) doRound();
        }
        for (let left = 1_000; waiting.size > 0 && left > 0; left -= 1) doRound();
        expect([waiting.size, queue.isEmpty]).toEqual([0, true]);
      }),
      { numRuns: 200 },
    );
  });

  test('a flood of one does not raise another’s wait beyond the round under way and one more', () => {
    const queue = openQueue();
    for (let i = 0; i < 20; i += 1) put(queue, batch('flood', 50));
    round(queue, 10);
    const single = put(queue, batch('other', 1));
    round(queue, 10);
    round(queue, 10);
    expect(single.isOver).toBe(true);
  });
});

describe('a full queue', () => {
  test('has places for those who have few in it, and not for ever', async () => {
    const queue = openQueue({ commandsQueuedMax: 80 });
    const flood = put(queue, batch('flood', 80));
    expect(() => put(queue, batch('flood', 1))).toThrow(Overloaded);
    put(queue, batch('other', 10));
    expect(() => put(queue, batch('other', 1))).toThrow(Overloaded);
    for (let i = 0; i < 7; i += 1) put(queue, batch(`more ${i}`, 10));
    expect(() => put(queue, batch('one too many', 1))).toThrow(Overloaded);
    expect(queue.commands).toBe(160);
    flood.end(null);
    await flood.finished;
    queue.dropFinished();
    put(queue, batch('flood', 1));
    expect(queue.commands).toBe(81);
  });

  test('is one too that has no memory for more: of large documents few may wait, but always one', async () => {
    const budget = new MemoryBudget(memoryLimits({ statesBytesMax: 4_000_000 }), { monotonicMs: () => 0 });
    const queue = new WorkQueue({
      commandsQueuedMax: 1_000,
      entriesPerRoundMax: 10,
      monotonicMs: () => 0,
      memory: budget.queues,
    });
    const save = { type: 'SaveDocument', name: 'd', text: 'x'.repeat(1_000_000) } as Command;
    const first = put(queue, batch('a', 3, save));
    expect(() => put(queue, batch('a', 1, save))).toThrow(MemoryShort);
    first.end(null);
    await first.finished;
    put(queue, batch('a', 1, save));
    expect(budget.status.refusals).toBe(1);
  });
});
