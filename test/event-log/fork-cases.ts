import assert from 'node:assert/strict';
import {
  checkCommit,
  genesisHash,
  genesisHead,
  headAt,
  TimelineGone,
  type EventLog,
  type Head,
  type ProposedEvent,
  type TimelineRecord,
} from '#event-log';
import type { ContractCase } from './contract.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedEvents, proposedKey } from './proposals.js';
import { snapshot } from './snapshot-cases.js';

/** A timeline with the versions 1 | 2 3 4 | 5 6, of which 2 and 3 are one command's. */
async function createParent(log: EventLog): Promise<TimelineRecord> {
  const { timelineId, head } = await createTimeline(log, 'PARENT');
  const [two, three, four] = proposedEvents(3);
  assert(two && three && four);
  const events = [two, { ...three, commandId: two.commandId }, four];
  const next = await appended(log.append(appendRequest(timelineId, head, { events })));
  await appended(log.append(appendRequest(timelineId, next, { events: proposedEvents(2) })));
  return find(log, 'PARENT');
}

async function find(log: EventLog, name: string): Promise<TimelineRecord> {
  const record = await log.findTimeline(name);
  assert(record !== undefined, `there is no ${name}`);
  return record;
}

async function fork(
  log: EventLog,
  { timelineId, name: parent }: TimelineRecord,
  { name, version }: { readonly name: string; readonly version: number },
): Promise<TimelineRecord> {
  const head = await headAt(log, timelineId, version);
  assert(head !== undefined);
  const outcome = await log.createTimeline({
    name,
    fork: { timelineId, name: parent, head },
    events: [proposedEvent({ type: 'TimelineForked' })],
    key: null,
    recordedAtMs: 7,
    writer: 'api-1',
  });
  assert(outcome.status === 'created', outcome.status);
  return outcome.timeline;
}

async function append(log: EventLog, name: string, events: readonly ProposedEvent[]): Promise<Head> {
  const { timelineId, head } = await find(log, name);
  return appended(log.append(appendRequest(timelineId, head, { events })));
}

/** The whole log of a timeline, checked from the root's genesis to the head. */
async function verified(log: EventLog, { timelineId }: TimelineRecord, toVersion?: number) {
  let head = genesisHead();
  const versions: number[] = [];
  const range = { timelineId, afterVersion: 0, ...(toVersion !== undefined && { toVersion }) };
  for await (const commit of log.readCommits(range)) {
    head = checkCommit(head, commit);
    versions.push(...commit.events.map(({ version }) => version));
  }
  return { head, versions };
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

export const forkCases: readonly ContractCase[] = [
  {
    rule: 'a fork goes on from its fork version, and its parent is untouched',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      assert.deepEqual(child.parent, { timelineId: parent.timelineId, name: 'PARENT', forkVersion: 4 });
      assert.equal(child.head.version, 5);
      assert.equal(child.last.type, 'TimelineForked');
      await append(log, 'CHILD', proposedEvents(3));
      assert.deepEqual(await find(log, 'PARENT'), parent);
      const own = await find(log, 'CHILD');
      assert.deepEqual(await verified(log, own), { head: own.head, versions: upTo(8) });
      assert.deepEqual(
        (await log.listForks(parent.timelineId, 10)).map(({ name }) => name),
        ['CHILD'],
      );
    },
  },
  {
    rule: 'a fork within a commit shares the events before it and no others',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 3 });
      assert.deepEqual(await verified(log, child), { head: child.head, versions: upTo(4) });
      const { events } = await log.readEvents({ timelineId: child.timelineId, afterVersion: 0, limit: 10 });
      assert.deepEqual(events.map(({ version, type }) => [version, type]).slice(2), [
        [3, 'BetPlaced'],
        [4, 'TimelineForked'],
      ]);
    },
  },
  {
    rule: 'the genesis of a fork covers its version and the chain of its parent there',
    async holds(log) {
      const parent = await createParent(log);
      const head = await headAt(log, parent.timelineId, 6);
      assert.deepEqual(head, parent.head);
      const child = await fork(log, parent, { name: 'CHILD', version: 6 });
      assert.equal(child.genesisHash, genesisHash({ forkVersion: 6, hashAtFork: parent.head.hash }));
      const [first] = [await headAt(log, child.timelineId, 3), await headAt(log, parent.timelineId, 3)];
      assert.deepEqual(first, await headAt(log, parent.timelineId, 3));
      assert.equal(await headAt(log, child.timelineId, 8), undefined);
    },
  },
  {
    rule: 'forks of forks read through their whole ancestry, also from below a parent’s own fork',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      await append(log, 'CHILD', proposedEvents(4));
      const grandchild = await fork(log, child, { name: 'GRANDCHILD', version: 7 });
      const sideways = await fork(log, grandchild, { name: 'SIDEWAYS', version: 2 });
      await append(log, 'PARENT', proposedEvents(9));
      assert.deepEqual(await verified(log, grandchild), { head: grandchild.head, versions: upTo(8) });
      assert.deepEqual(await verified(log, sideways), { head: sideways.head, versions: upTo(3) });
      assert.deepEqual(
        (await log.readAncestry(grandchild.timelineId)).map(({ name, afterVersion, toVersion }) => [
          name,
          afterVersion,
          toVersion,
        ]),
        [
          ['PARENT', 0, 4],
          ['CHILD', 4, 7],
          ['GRANDCHILD', 7, null],
        ],
      );
      assert.deepEqual(
        (await log.readAncestry(sideways.timelineId)).map(({ name, toVersion }) => [name, toVersion]),
        [
          ['PARENT', 2],
          ['SIDEWAYS', null],
        ],
      );
    },
  },
  {
    rule: 'a reader may start and end anywhere in an ancestry, within commits too',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 6 });
      await append(log, 'CHILD', proposedEvents(4));
      const { timelineId } = child;
      for (let after = 0; after <= 11; after += 1) {
        for (let to = after; to <= 11; to += 1) {
          let head = after === 0 ? genesisHead() : await headAt(log, timelineId, after);
          const versions: number[] = [];
          for await (const commit of log.readCommits({ timelineId, afterVersion: after, toVersion: to })) {
            assert(head !== undefined);
            head = checkCommit(head, commit);
            versions.push(...commit.events.map(({ version }) => version));
          }
          assert.deepEqual(versions, upTo(to).slice(after));
          if (to > after) assert.deepEqual(head, await headAt(log, timelineId, to));
          const page = await log.readEvents({ timelineId, afterVersion: after, toVersion: to, limit: 5 });
          assert.deepEqual(
            page.events.map(({ version }) => version),
            versions.slice(0, 5),
          );
        }
      }
    },
  },
  {
    rule: 'a command is found by any of its events',
    async holds(log) {
      const parent = await createParent(log);
      const { timelineId } = await fork(log, parent, { name: 'CHILD', version: 4 });
      assert.deepEqual(await log.findCommand(timelineId, 2), { firstVersion: 2, lastVersion: 3 });
      assert.deepEqual(await log.findCommand(timelineId, 3), { firstVersion: 2, lastVersion: 3 });
      assert.deepEqual(await log.findCommand(timelineId, 4), { firstVersion: 4, lastVersion: 4 });
      assert.deepEqual(await log.findCommand(timelineId, 5), { firstVersion: 5, lastVersion: 5 });
      assert.equal(await log.findCommand(timelineId, 6), undefined);
    },
  },
  {
    rule: 'a fork sees the keys of its ancestry up to each fork version and no further',
    async holds(log) {
      const { timelineId, head } = await createTimeline(log, 'PARENT');
      const early = proposedKey('early', { firstVersion: 2, lastVersion: 3 });
      const empty = proposedKey('empty', { firstVersion: 4, lastVersion: 3 });
      const late = proposedKey('late', { firstVersion: 4, lastVersion: 4 });
      const next = await appended(
        log.append(appendRequest(timelineId, head, { events: proposedEvents(2), keys: [early, empty] })),
      );
      await appended(log.append(appendRequest(timelineId, next, { keys: [late] })));
      const child = await fork(log, await find(log, 'PARENT'), { name: 'CHILD', version: 3 });
      const digests = [early, empty, late].map(({ digest }) => digest);
      const { keys } = await log.confirm(child.timelineId, digests);
      assert.deepEqual(keys.map(({ digest }) => digest).sort(), [early.digest, empty.digest].sort());
      const own = { ...late, requestHash: early.requestHash, firstVersion: 5, lastVersion: 5 };
      await appended(log.append(appendRequest(child.timelineId, child.head, { keys: [own] })));
      assert.deepEqual((await log.confirm(child.timelineId, [late.digest])).keys, [own]);
      assert.deepEqual((await log.confirm(timelineId, [late.digest])).keys, [late]);
    },
  },
  {
    rule: 'a fork sees the snapshots of its ancestry at or below the fork version',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      for (const version of [1, 4, 5]) await log.saveSnapshot(snapshot(parent.timelineId, version));
      await log.saveSnapshot(snapshot(child.timelineId, 5));
      const found = await log.listSnapshots(child.timelineId);
      assert.deepEqual(
        found.map(({ timelineId, version }) => [timelineId, version]),
        [
          [child.timelineId, 5],
          [parent.timelineId, 4],
          [parent.timelineId, 1],
        ],
      );
    },
  },
  {
    rule: 'a label names one version, and a fork sees its ancestors’ labels up to the fork version',
    async holds(log) {
      const parent = await createParent(log);
      const { timelineId } = parent;
      assert.equal((await log.saveLabel(timelineId, { label: 'b', version: 6 }, null)).status, 'saved');
      assert.equal((await log.saveLabel(timelineId, { label: 'a', version: 4 }, null)).status, 'saved');
      const again = await log.saveLabel(timelineId, { label: 'a', version: 6 }, null);
      assert.deepEqual(again, { status: 'found', label: { label: 'a', version: 4, timeline: 'PARENT' } });
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      assert.equal((await log.saveLabel(child.timelineId, { label: 'a', version: 5 }, null)).status, 'found');
      assert.equal((await log.saveLabel(child.timelineId, { label: 'b', version: 5 }, null)).status, 'saved');
      assert.deepEqual(await log.listLabels(child.timelineId, { afterLabel: null, limit: 10 }), [
        { label: 'a', version: 4, timeline: 'PARENT' },
        { label: 'b', version: 5, timeline: 'CHILD' },
      ]);
      assert.deepEqual(
        (await log.listLabels(timelineId, { afterLabel: 'a', limit: 1 })).map(({ label }) => label),
        ['b'],
      );
      assert.equal((await log.findLabel(child.timelineId, 'b'))?.version, 5);
      assert.equal(await log.findLabel(child.timelineId, 'c'), undefined);
    },
  },
  {
    rule: 'a fork does not see what its ancestors are labelled after it was made',
    async holds(log) {
      const parent = await createParent(log);
      await log.saveLabel(parent.timelineId, { label: 'before', version: 4 }, null);
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      await log.saveLabel(parent.timelineId, { label: 'after', version: 4 }, null);
      const grandchild = await fork(log, child, { name: 'GRANDCHILD', version: 5 });
      await log.saveLabel(child.timelineId, { label: 'later', version: 5 }, null);
      for (const { timelineId } of [child, grandchild]) {
        const seen = await log.listLabels(timelineId, { afterLabel: null, limit: 10 });
        assert.deepEqual(
          seen.map(({ label }) => label),
          timelineId === child.timelineId ? ['before', 'later'] : ['before'],
        );
        assert.equal(await log.findLabel(timelineId, 'after'), undefined);
      }
      // The name is free there for a label of its own.
      assert.equal((await log.saveLabel(child.timelineId, { label: 'after', version: 5 }, null)).status, 'saved');
      assert.equal((await log.findLabel(parent.timelineId, 'after'))?.version, 4);
    },
  },
  {
    rule: 'snapshots that a label stands on are not pruned',
    async holds(log) {
      const { timelineId } = await createParent(log);
      await log.saveLabel(timelineId, { label: 'here', version: 1 }, null);
      for (const version of [1, 4, 6]) await log.saveSnapshot(snapshot(timelineId, version));
      assert.equal(await log.pruneSnapshots(timelineId, 1), 1);
      assert.deepEqual(
        (await log.listSnapshots(timelineId)).map(({ version }) => version),
        [6, 1],
      );
    },
  },
  {
    rule: 'a timeline that others stand on is not removed; one that nothing stands on is, and its name stays taken',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      assert.deepEqual(await log.removeTimeline(parent.timelineId, null), { status: 'has-forks', names: ['CHILD'] });
      assert.deepEqual(await log.removeTimeline(child.timelineId, null), { status: 'removed' });
      assert.deepEqual(await log.removeTimeline(child.timelineId, null), { status: 'unknown' });
      assert.equal(await log.findTimeline('CHILD'), undefined);
      await assert.rejects(log.confirm(child.timelineId, []), TimelineGone);
      await assert.rejects(log.lockHead(child.timelineId), TimelineGone);
      assert.deepEqual(await log.append(appendRequest(child.timelineId, child.head)), { status: 'lost' });
      const request = { events: proposedEvents(1), key: null, recordedAtMs: 1, writer: 'w' };
      assert.deepEqual(await log.createTimeline({ ...request, name: 'CHILD', fork: null }), { status: 'name-taken' });
      assert.deepEqual(await log.removeTimeline(parent.timelineId, null), { status: 'removed' });
      const gone = { timelineId: parent.timelineId, name: 'PARENT', head: parent.head };
      assert.deepEqual(await log.createTimeline({ ...request, name: 'LATE', fork: gone }), { status: 'parent-gone' });
    },
  },
  {
    rule: 'of a fork and the removal of its parent, one wins',
    async holds(log) {
      for (let round = 0; round < 10; round += 1) {
        const { timelineId, head } = await createTimeline(log, `PARENT-${round}`);
        const request = { name: `CHILD-${round}`, events: proposedEvents(1), key: null, recordedAtMs: 1, writer: 'w' };
        const [forked, removed] = await Promise.all([
          log.createTimeline({ ...request, fork: { timelineId, name: `PARENT-${round}`, head } }),
          log.removeTimeline(timelineId, null),
        ]);
        const outcomes = `${forked.status}, ${removed.status}`;
        assert(['created, has-forks', 'parent-gone, removed'].includes(outcomes), outcomes);
      }
    },
  },
  {
    rule: 'a label and a removal burn their keys with what they do, or do nothing',
    async holds(log) {
      const parent = await createParent(log);
      const child = await fork(log, parent, { name: 'CHILD', version: 4 });
      const key = proposedKey('once', { firstVersion: 7, lastVersion: 6, reply: '{"label":"a"}' });
      const { timelineId } = parent;
      assert.equal((await log.saveLabel(timelineId, { label: 'a', version: 6 }, key)).status, 'saved');
      assert.deepEqual((await log.confirm(timelineId, [key.digest])).keys, [key]);
      assert.equal(await log.findServerKey(key.digest), undefined);
      assert.deepEqual((await log.confirm(child.timelineId, [key.digest])).keys, []);
      assert.deepEqual(await log.saveLabel(timelineId, { label: 'b', version: 6 }, key), { status: 'key-taken' });
      assert.equal(await log.findLabel(timelineId, 'b'), undefined);
      const refused = proposedKey('refused', { firstVersion: 7, lastVersion: 6 });
      assert.equal((await log.removeTimeline(timelineId, refused)).status, 'has-forks');
      assert.equal(await log.findServerKey(refused.digest), undefined);
      assert.deepEqual(await log.removeTimeline(child.timelineId, refused), { status: 'removed' });
      assert.deepEqual(await log.findServerKey(refused.digest), refused);
      const other = await fork(log, parent, { name: 'OTHER', version: 4 });
      assert.deepEqual(await log.removeTimeline(other.timelineId, refused), { status: 'key-taken' });
      assert.equal((await find(log, 'OTHER')).head.version, 5);
    },
  },
];
