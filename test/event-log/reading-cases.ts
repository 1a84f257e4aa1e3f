import assert from 'node:assert/strict';
import type { EventLog } from '#event-log';
import type { ContractCase } from './contract.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedEvents } from './proposals.js';
import { verifiedHead } from './stored.js';

export const readingCases: readonly ContractCase[] = [
  {
    rule: 'the chain recomputed from what is read is the chain that was stored',
    async holds(log) {
      const timeline = await createTimeline(log);
      const { timelineId } = timeline;
      let { head } = timeline;
      for (const size of [1, 7, 2]) {
        head = await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(size) })));
        assert.deepEqual(await verifiedHead(log, timeline), head);
        assert.equal((await log.findCommit(timelineId, head.version))?.hash, head.hash);
      }
    },
  },
  {
    rule: 'commits are read after one version and up to another, each with the events between',
    async holds(log) {
      const { timelineId, head: created } = await createTimeline(log);
      let head = created;
      for (const size of [2, 3, 4]) {
        head = await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(size) })));
      }
      const bounds = async (afterVersion: number, toVersion?: number): Promise<number[][]> => {
        const range = { timelineId, afterVersion, ...(toVersion === undefined ? {} : { toVersion }) };
        const read: number[][] = [];
        for await (const { commit, events, checks } of log.readCommits(range)) {
          assert.equal(checks.length, events.length);
          assert(commit.firstVersion <= (events[0]?.version ?? 0));
          assert(commit.lastVersion >= (events.at(-1)?.version ?? Infinity));
          read.push([events[0]?.version ?? 0, events.at(-1)?.version ?? 0]);
        }
        return read;
      };
      assert.deepEqual(await bounds(3), [[4, 6], [7, 10]]); // prettier-ignore
      assert.deepEqual(await bounds(4), [[5, 6], [7, 10]]); // prettier-ignore
      assert.deepEqual(await bounds(0, 6), [[1, 1], [2, 3], [4, 6]]); // prettier-ignore
      assert.deepEqual(await bounds(1, 5), [[2, 3], [4, 5]]); // prettier-ignore
      assert.deepEqual(await bounds(4, 5), [[5, 5]]);
      assert.deepEqual(await bounds(10), []);
      assert.deepEqual(await bounds(99), []);
    },
  },
  {
    rule: 'commits of all sizes are read back in order when there are thousands of events',
    async holds(log) {
      const timeline = await createTimeline(log, 'MANY', proposedEvents(4_500));
      const { timelineId } = timeline;
      let { head } = timeline;
      for (const size of [3_999, 1, 4_001, 17, 8_100]) {
        head = await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(size) })));
      }
      assert.deepEqual(await verifiedHead(log, timeline), head);
    },
  },
  {
    rule: 'a reader that stops early leaves the log usable',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log, 'LONG', proposedEvents(9_000));
      await appended(log.append(appendRequest(timelineId, head)));
      for await (const { commit } of log.readCommits({ timelineId, afterVersion: 0 })) {
        assert.equal(commit.firstVersion, 1);
        break;
      }
      assert.equal((await log.confirm(timelineId, [])).head.version, 9_001);
    },
  },
  {
    rule: 'events are read page by page, by type, and never beyond what was asked',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const types = ['StakeAdded', 'BetPlaced', 'YieldDistributed', 'BetPlaced', 'StakeAdded'];
      await appended(
        log.append(appendRequest(timelineId, head, { events: types.map((type) => proposedEvent({ type })) })),
      );
      const versions = async (request: Partial<Parameters<EventLog['readEvents']>[0]>): Promise<number[]> => {
        const page = await log.readEvents({ timelineId, afterVersion: 0, limit: 100, ...request });
        assert.equal(page.head.version, 6);
        return page.events.map(({ version }) => version);
      };
      assert.deepEqual(await versions({}), [1, 2, 3, 4, 5, 6]);
      assert.deepEqual(await versions({ afterVersion: 2, limit: 2 }), [3, 4]);
      assert.deepEqual(await versions({ afterVersion: 1, toVersion: 3 }), [2, 3]);
      assert.deepEqual(await versions({ types: ['BetPlaced'] }), [3, 5]);
      assert.deepEqual(await versions({ types: ['BetPlaced', 'StakeAdded'], limit: 3 }), [2, 3, 5]);
      assert.deepEqual(await versions({ types: ['YieldDistributed', 'StakeAdded'] }), [2, 4, 6]);
      assert.deepEqual(await versions({ types: ['YieldDistributed', 'StakeAdded'], afterVersion: 4 }), [6]);
      assert.deepEqual(await versions({ types: ['Nothing'] }), []);
      assert.deepEqual(await versions({ afterVersion: 6 }), []);
      assert.deepEqual(await versions({ toVersion: 99, afterVersion: 5 }), [6]);
    },
  },
  {
    rule: 'a commit is found by any of its versions',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const request = appendRequest(timelineId, head, { events: proposedEvents(3), recordedAtMs: 77, writer: 'api-9' });
      const { hash } = await appended(log.append(request));
      for (const version of [2, 3, 4]) {
        assert.deepEqual(await log.findCommit(timelineId, version), {
          firstVersion: 2,
          lastVersion: 4,
          hash,
          recordedAtMs: 77,
          writer: 'api-9',
        });
      }
      assert.equal(await log.findCommit(timelineId, 5), undefined);
    },
  },
  {
    rule: 'every version that exists is answered with when it was recorded',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const request = appendRequest(timelineId, head, { events: proposedEvents(3), recordedAtMs: 77 });
      await appended(log.append(request));
      const recordedAt = await log.readRecordedAt(timelineId, [4, 2, 5, 1, 0]);
      assert.deepEqual(
        [...recordedAt].sort(([left], [right]) => left - right).filter(([version]) => version > 1),
        [
          [2, 77],
          [4, 77],
        ],
      );
      assert.equal(recordedAt.has(1), true);
      assert.equal(recordedAt.has(5), false);
    },
  },
  {
    rule: 'a page ends where its data has so many bytes, with one event in any case, and says that it does',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log);
      const data = JSON.stringify({ text: 'x'.repeat(1_000) });
      await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(6, { data }) })));
      const versions = async (bytesMax?: number, limit = 10): Promise<unknown> => {
        const request = { timelineId, afterVersion: 1, limit, ...(bytesMax !== undefined && { bytesMax }) };
        const { events, isCut } = await log.readEvents(request);
        return [events.map(({ version }) => version), isCut];
      };
      assert.deepEqual(await versions(), [[2, 3, 4, 5, 6, 7], false]);
      assert.deepEqual(await versions(2_500), [[2, 3, 4], true]);
      assert.deepEqual(await versions(1), [[2], true]);
      assert.deepEqual(await versions(100_000), [[2, 3, 4, 5, 6, 7], false]);
      assert.deepEqual(await versions(2_500, 2), [[2, 3], false]);
    },
  },
];
