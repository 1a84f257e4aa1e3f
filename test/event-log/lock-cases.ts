import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContractCase } from './contract.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedKey } from './proposals.js';

export const lockCases: readonly ContractCase[] = [
  {
    rule: 'whoever holds the head’s lock wins; who comes meanwhile waits and then loses',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const lock = await log.lockHead(timelineId);
      assert.deepEqual(lock.head, head);
      let settled = false;
      const waiting = log.append(appendRequest(timelineId, head)).finally(() => (settled = true));
      await sleep(100);
      assert.equal(settled, false);
      const next = await appended(lock.append(appendRequest(timelineId, lock.head, { keys: [proposedKey('locked')] })));
      assert.deepEqual(await waiting, { status: 'lost' });
      assert.deepEqual((await log.confirm(timelineId, [])).head, next);
    },
  },
  {
    rule: 'a lock that is released, twice even, lets the next one in and leaves nothing behind',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const lock = await log.lockHead(timelineId);
      const waiting = log.lockHead(timelineId);
      await lock.release();
      await lock.release();
      const second = await waiting;
      assert.deepEqual(second.head, head);
      await second.release();
      await appended(log.append(appendRequest(timelineId, head)));
    },
  },
  {
    rule: 'a refused append gives the lock up as well',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const key = proposedKey('taken');
      const next = await appended(log.append(appendRequest(timelineId, head, { keys: [key] })));
      const first = await log.lockHead(timelineId);
      assert.deepEqual(await first.append(appendRequest(timelineId, next, { keys: [key] })), { status: 'key-taken' });
      const second = await log.lockHead(timelineId);
      assert.deepEqual(await second.append(appendRequest(timelineId, head)), { status: 'lost' });
      await appended(log.append(appendRequest(timelineId, next)));
    },
  },
  {
    rule: 'what cannot be appended gives the lock up too, at once',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const lock = await log.lockHead(timelineId);
      const events = [{ ...proposedEvent(), actor: 'two\nlines' }];
      await assert.rejects(() => lock.append(appendRequest(timelineId, head, { events })), TypeError);
      const waited = AbortSignal.timeout(1_000);
      const next = await log.lockHead(timelineId);
      assert.equal(waited.aborted, false);
      await next.release();
    },
  },
];
