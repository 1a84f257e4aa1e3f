import assert from 'node:assert/strict';
import { keyDigest, type TimelineId } from '#event-log';
import type { ContractCase } from './contract.js';
import { createTimeline, proposedEvents, proposedKey } from './proposals.js';
import { readAll, verifiedHead } from './stored.js';

export const timelineCases: readonly ContractCase[] = [
  {
    rule: 'a timeline begins with its whole first commit, however long',
    async holds(log) {
      const events = proposedEvents(5_001);
      const timeline = await createTimeline(log, 'LONG', events);
      assert.equal(timeline.head.version, 5_001);
      const commits = await readAll(log, timeline.timelineId);
      assert.equal(commits.length, 1);
      assert.deepEqual(await verifiedHead(log, timeline), timeline.head);
      assert.deepEqual(
        commits[0]?.events.map(({ commandId }) => commandId),
        events.map(({ commandId }) => commandId),
      );
    },
  },
  {
    rule: 'a name is taken once',
    async holds(log) {
      const first = await createTimeline(log, 'REALITY');
      const again = {
        name: 'REALITY',
        fork: null,
        events: proposedEvents(2),
        key: null,
        recordedAtMs: 1,
        writer: 'api-2',
      };
      assert.deepEqual(await log.createTimeline(again), { status: 'name-taken' });
      assert.deepEqual(await log.findTimeline('REALITY'), first);
    },
  },
  {
    rule: 'of creations that race for a name, one wins',
    async holds(log) {
      const outcomes = await Promise.all(
        [1, 2, 3].map((size) =>
          log.createTimeline({
            name: 'X',
            fork: null,
            events: proposedEvents(size),
            key: null,
            recordedAtMs: 1,
            writer: 'w',
          }),
        ),
      );
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['created', 'name-taken', 'name-taken']);
    },
  },
  {
    rule: 'a creation that is sent again meets its key before its name, and writes nothing',
    async holds(log) {
      const key = proposedKey('create', { firstVersion: 1, lastVersion: 1, reply: '{"version":1}' });
      const request = { name: 'KEYED', fork: null, events: proposedEvents(1), key, recordedAtMs: 1, writer: 'api-1' };
      assert.equal((await log.createTimeline(request)).status, 'created');
      assert.deepEqual(await log.createTimeline(request), { status: 'key-taken' });
      assert.deepEqual(await log.createTimeline({ ...request, name: 'OTHER' }), { status: 'key-taken' });
      assert.equal(await log.findTimeline('OTHER'), undefined);
      assert.deepEqual(await log.findServerKey(key.digest), key);
      const absent = keyDigest({ principal: 'anna', key: 'never', part: 0 });
      assert.equal(await log.findServerKey(absent), undefined);
    },
  },
  {
    rule: 'timelines are listed by code point, page by page',
    async holds(log) {
      for (const name of ['b', 'Z', 'a', 'a-1']) await createTimeline(log, name);
      const first = await log.listTimelines({ afterName: null, limit: 3 });
      assert.deepEqual(
        first.map(({ name }) => name),
        ['Z', 'a', 'a-1'],
      );
      const within = [
        { from: 'a', to: 'a-1' },
        { from: 'a-', to: 'a-\u{10ffff}' },
      ];
      const scoped = await log.listTimelines({ afterName: 'a', limit: 1, within });
      assert.deepEqual(
        scoped.map(({ name }) => name),
        ['a-1'],
      );
      const second = await log.listTimelines({ afterName: 'a-1', limit: 3 });
      assert.deepEqual(
        second.map(({ name }) => name),
        ['b'],
      );
    },
  },
  {
    rule: 'heads are read for many timelines at once, unknown ones left out',
    async holds(log) {
      const [one, two] = [await createTimeline(log, 'ONE'), await createTimeline(log, 'TWO')];
      const heads = await log.readHeads([one.timelineId, two.timelineId, 4_711 as TimelineId]);
      assert.deepEqual(
        new Map([...heads].sort(([left], [right]) => left - right)),
        new Map([
          [one.timelineId, { ...one.head, rebuilds: 0 }],
          [two.timelineId, { ...two.head, rebuilds: 0 }],
        ]),
      );
    },
  },
];
