import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import {
  checkCommit,
  genesisHead,
  keyDigest,
  type CommitWithEvents,
  type EventLog,
  type Head,
  type TimelineId,
  type TimelineRecord,
} from '#event-log';
import { appended, appendRequest, createTimeline, proposedEvent, proposedEvents, proposedKey } from './proposals.js';
import { accessCases } from './access-cases.js';
import { forkCases } from './fork-cases.js';
import { replayCases } from './replay-cases.js';
import { rowCases } from './row-cases.js';
import { snapshotCases } from './snapshot-cases.js';

/** An empty log, and how to get rid of it. */
export interface OpenedLog {
  readonly log: EventLog;
  close(): Promise<void>;
}

/** One thing that every log must do; rejects where it does not. */
export interface ContractCase {
  readonly rule: string;
  readonly holds: (log: EventLog) => Promise<void>;
}

/** The contract of the port, to be passed by every log. */
export function describeEventLog(name: string, open: () => Promise<OpenedLog>): void {
  describe(`${name} keeps the contract of an event log`, () => {
    let opened: OpenedLog;

    beforeEach(async () => {
      opened = await open();
    });

    afterEach(async () => {
      await opened.close();
    });

    test.each(contractCases.map(({ rule, holds }) => ({ rule, holds })))('$rule', async ({ holds }) => {
      await holds(opened.log);
    });
  });
}

async function readAll(log: EventLog, timelineId: TimelineId, afterVersion = 0): Promise<CommitWithEvents[]> {
  const commits: CommitWithEvents[] = [];
  for await (const commit of log.readCommits({ timelineId, afterVersion })) commits.push(commit);
  return commits;
}

/** The head that the stored rows add up to, every link and every seal checked. */
async function verifiedHead(log: EventLog, timeline: TimelineRecord): Promise<Head> {
  let head = genesisHead();
  for await (const commit of log.readCommits({ timelineId: timeline.timelineId, afterVersion: 0 })) {
    head = checkCommit(head, commit);
  }
  return head;
}

const appending: readonly ContractCase[] = [
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

const keys: readonly ContractCase[] = [
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

const timelines: readonly ContractCase[] = [
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

const reading: readonly ContractCase[] = [
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
];

const locking: readonly ContractCase[] = [
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
];

export const contractCases: readonly ContractCase[] = [
  ...appending,
  ...keys,
  ...timelines,
  ...reading,
  ...locking,
  ...snapshotCases,
  ...replayCases,
  ...forkCases,
  ...rowCases,
  ...accessCases,
];
