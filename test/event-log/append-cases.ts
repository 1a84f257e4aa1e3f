import assert from 'node:assert/strict';
import type { TimelineId } from '#event-log';
import type { ContractCase } from './contract.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedEvents, proposedKey } from './proposals.js';
import { readAll, verifiedHead } from './stored.js';

export const appendCases: readonly ContractCase[] = [
  {
    rule: 'versions are dense, whatever the sizes of the groups',
    async holds(log) {
      const { timelineId, head: created } = await createTimeline(log);
      let head = created;
      for (const size of [1, 3, 20, 1]) {
        head = await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(size) })));
      }
      const { events } = await log.readEvents({ timelineId, afterVersion: 0, limit: 100 });
      assert.deepEqual(
        events.map(({ version }) => version),
        Array.from({ length: 26 }, (_, index) => index + 1),
      );
    },
  },
  {
    rule: 'an event comes back exactly as it was proposed',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const events = [proposedEvent(), proposedEvent({ schemaVersion: 32_767, atMs: 253_402_300_799_999, data: '0' })];
      await appended(log.append(appendRequest(timelineId, head, { events })));
      const page = await log.readEvents({ timelineId, afterVersion: 1, limit: 10 });
      const expected = events.map((event, index) => ({ version: 2 + index, ...event }));
      assert.deepEqual(page.events, expected);
      assert.deepEqual(
        (await readAll(log, timelineId, 1)).flatMap((commit) => commit.events),
        expected,
      );
    },
  },
  {
    rule: 'an event that could not be given back exactly is refused before anything is written',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      for (const fields of [
        { commandId: 'F47AC10B-58CC-4372-A567-0E02B2C3D479' },
        { data: '{\n}' },
        { actor: 'a\0b' },
        { actor: '' },
        { atMs: 0.5 },
        { schemaVersion: 0 },
      ]) {
        const request = appendRequest(timelineId, head, { events: [proposedEvent(fields)] });
        await assert.rejects(log.append(request), TypeError, JSON.stringify(fields));
      }
      assert.deepEqual((await log.confirm(timelineId, [])).head, head);
    },
  },
  {
    rule: 'an append against an old version is lost',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const next = await appended(log.append(appendRequest(timelineId, head)));
      assert.deepEqual(await log.append(appendRequest(timelineId, head)), { status: 'lost' });
      assert.deepEqual((await log.confirm(timelineId, [])).head, next);
    },
  },
  {
    rule: 'an append against the right version of another history is lost',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const other = await createTimeline(log, 'OTHER', [proposedEvent({ type: 'TimelineCreated' })]);
      assert.notEqual(head.hash, other.head.hash);
      const outcome = await log.append(appendRequest(timelineId, { ...head, hash: other.head.hash }));
      assert.deepEqual(outcome, { status: 'lost' });
      assert.deepEqual((await log.confirm(timelineId, [])).head, head);
    },
  },
  {
    rule: 'an append to a timeline that does not exist is lost',
    async holds(log) {
      const { head } = await createTimeline(log);
      assert.deepEqual(await log.append(appendRequest(4_711 as TimelineId, head)), { status: 'lost' });
    },
  },
  {
    rule: 'of appends that race, exactly one wins, round after round',
    async holds(log) {
      const timeline = await createTimeline(log);
      const { timelineId } = timeline;
      let { head } = timeline;
      for (let round = 0; round < 10; round += 1) {
        const outcomes = await Promise.all(
          [1, 2, 3].map((size) => log.append(appendRequest(timelineId, head, { events: proposedEvents(size) }))),
        );
        const won = outcomes.filter(({ status }) => status === 'appended');
        assert.equal(won.length, 1);
        assert.equal(outcomes.filter(({ status }) => status === 'lost').length, 2);
        head = (await log.confirm(timelineId, [])).head;
      }
      assert.deepEqual(await verifiedHead(log, timeline), head);
    },
  },
  {
    rule: 'a failed append leaves no gap',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const key = proposedKey('once');
      const next = await appended(log.append(appendRequest(timelineId, head, { keys: [key] })));
      await log.append(appendRequest(timelineId, head));
      await log.append(appendRequest(timelineId, next, { keys: [key], events: proposedEvents(5) }));
      const last = await appended(log.append(appendRequest(timelineId, next)));
      assert.equal(last.version, 3);
      const commits = await readAll(log, timelineId);
      assert.deepEqual(
        commits.map(({ commit }) => [commit.firstVersion, commit.lastVersion]),
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
      );
    },
  },
  {
    rule: 'an acknowledged append is read by the next call',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const next = await appended(log.append(appendRequest(timelineId, head)));
      const page = await log.readEvents({ timelineId, afterVersion: 1, limit: 10 });
      assert.equal(page.events.length, 1);
      assert.deepEqual(page.head, next);
      assert.deepEqual((await log.readHeads([timelineId])).get(timelineId), { ...next, rebuilds: 0 });
    },
  },
];
