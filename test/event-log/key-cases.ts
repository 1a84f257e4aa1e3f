import assert from 'node:assert/strict';
import type { ContractCase } from './contract.js';
import { appended, appendRequest, createTimeline, proposedEvents, proposedKey } from './proposals.js';

export const keyCases: readonly ContractCase[] = [
  {
    rule: 'a key is burnt with its append and found again as it was',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const plain = proposedKey('plain');
      const replied = proposedKey('replied', { firstVersion: 3, lastVersion: 4, reply: '{"a": [1,\n"é,{}\\""]}' });
      await appended(
        log.append(appendRequest(timelineId, head, { keys: [plain, replied], events: proposedEvents(3) })),
      );
      const unknown = proposedKey('unknown');
      const found = await log.confirm(timelineId, [unknown.digest, replied.digest, plain.digest]);
      const byReply = [...found.keys].sort((left, right) => (left.reply ?? '').localeCompare(right.reply ?? ''));
      assert.deepEqual(byReply, [plain, replied]);
      assert.equal(found.head.version, 4);
    },
  },
  {
    rule: 'a group with a key that is taken writes nothing, not even its other keys',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const taken = proposedKey('taken');
      const next = await appended(log.append(appendRequest(timelineId, head, { keys: [taken] })));
      const fresh = proposedKey('fresh', { firstVersion: 3, lastVersion: 3 });
      const request = appendRequest(timelineId, next, { keys: [fresh, taken], events: proposedEvents(2) });
      assert.deepEqual(await log.append(request), { status: 'key-taken' });
      const after = await log.confirm(timelineId, [fresh.digest]);
      assert.deepEqual(after.head, next);
      assert.deepEqual(after.keys, []);
    },
  },
  {
    rule: 'of appends that race with one key, one wins, though they go to the head one after the other',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const key = proposedKey('raced');
      const first = await Promise.all([1, 2].map(() => log.append(appendRequest(timelineId, head, { keys: [key] }))));
      assert.equal(first.filter(({ status }) => status === 'appended').length, 1);
      const now = (await log.confirm(timelineId, [])).head;
      assert.deepEqual(await log.append(appendRequest(timelineId, now, { keys: [key] })), { status: 'key-taken' });
    },
  },
  {
    rule: 'an append that is both lost and repeated says lost: the head is asked first',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const request = appendRequest(timelineId, head, { keys: [proposedKey('again')] });
      await appended(log.append(request));
      assert.deepEqual(await log.append(request), { status: 'lost' });
    },
  },
  {
    rule: 'keys alone are burnt without moving the head, and only at the head they were decided against',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const empty = proposedKey('empty', { firstVersion: 2, lastVersion: 1, reply: '{"status":"refused"}' });
      const outcome = await log.append(appendRequest(timelineId, head, { events: [], keys: [empty] }));
      assert.equal(outcome.status, 'appended');
      const confirmed = await log.confirm(timelineId, [empty.digest]);
      assert.deepEqual(confirmed.head, head);
      assert.deepEqual(confirmed.keys, [empty]);
      assert.deepEqual(await log.append(appendRequest(timelineId, head, { events: [], keys: [empty] })), {
        status: 'key-taken',
      });
      await appended(log.append(appendRequest(timelineId, head)));
      const late = proposedKey('late', { firstVersion: 2, lastVersion: 1 });
      assert.deepEqual(await log.append(appendRequest(timelineId, head, { events: [], keys: [late] })), {
        status: 'lost',
      });
      assert.deepEqual((await log.confirm(timelineId, [late.digest])).keys, []);
    },
  },
  {
    rule: 'a key counts in its own timeline alone',
    async holds(log) {
      const here = await createTimeline(log, 'HERE');
      const there = await createTimeline(log, 'THERE');
      const key = proposedKey('shared');
      await appended(log.append(appendRequest(here.timelineId, here.head, { keys: [key] })));
      await appended(log.append(appendRequest(there.timelineId, there.head, { keys: [key] })));
      assert.equal(await log.findServerKey(key.digest), undefined);
    },
  },
];
