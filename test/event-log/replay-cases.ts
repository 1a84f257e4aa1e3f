import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  CreateReplayRequest,
  EventLog,
  RecordedReplay,
  ReplayClaim,
  ReplayResult,
  TimelineId,
  TimelineRecord,
} from '#event-log';
import type { ContractCase } from './contract.js';
import { createTimeline, proposedKey } from './proposals.js';
import { snapshot } from './snapshot-cases.js';

const limits = { unfinishedMax: 16, finishedKept: 1_000 };
const LEASE_MS = 60_000;
const NOTHING: ReplayResult = { stateHash: null, matches: null, firstDifference: null, failure: null };
const HALF = { version: 5, of: 10, eventsPerSecond: 1_000 };
const WHOLE = { version: 10, of: 10, eventsPerSecond: 2_000 };

const request = (timelineId: TimelineId, fields: Partial<CreateReplayRequest> = {}): CreateReplayRequest => ({
  id: randomUUID(),
  timelineId,
  mode: 'verify',
  toVersion: null,
  key: null,
  ...fields,
});

async function created(log: EventLog, of: CreateReplayRequest): Promise<RecordedReplay> {
  const outcome = await log.replays.create(of, limits);
  assert(outcome.status === 'created', outcome.status);
  return outcome.replay;
}

/** A job that a process works on. */
async function claimed(
  log: EventLog,
  {
    owner = 'api-1',
    leaseMs = LEASE_MS,
    ...fields
  }: Partial<CreateReplayRequest & { owner: string; leaseMs: number }> = {},
): Promise<{ readonly timeline: TimelineRecord; readonly claim: ReplayClaim }> {
  const timeline = (await log.findTimeline('REALITY')) ?? (await createTimeline(log));
  const { id } = await created(log, request(timeline.timelineId, fields));
  const replay = await log.replays.claim(owner, leaseMs);
  assert.equal(replay?.id, id);
  return { timeline, claim: { id, owner, attempt: replay.attempts } };
}

const found = async (log: EventLog, { id }: Pick<ReplayClaim, 'id'>): Promise<RecordedReplay> => {
  const replay = await log.replays.find(id);
  assert(replay !== undefined, `there is no replay ${id}`);
  return replay;
};

const versionsOf = async (log: EventLog, { timelineId }: TimelineRecord): Promise<number[]> =>
  (await log.listSnapshots(timelineId)).map(({ version }) => version);

export const replayCases: readonly ContractCase[] = [
  {
    rule: 'a replay is found as it was asked for, and listed newest first in pages',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const asked = request(timelineId, { toVersion: 7 });
      const replay = await created(log, asked);
      const { createdAtMs, ...rest } = replay;
      assert(createdAtMs > 0);
      assert.deepEqual(rest, {
        ...{ id: asked.id, timelineId, timeline: 'REALITY', mode: 'verify', toVersion: 7, status: 'running' },
        ...{ owner: null, attempts: 0, version: 0, of: null, eventsPerSecond: 0, finishedAtMs: null, ...NOTHING },
      });
      assert.deepEqual(await log.replays.find(asked.id), replay);
      for (const id of [randomUUID(), 'none', '']) assert.equal(await log.replays.find(id), undefined);
      for (let more = 0; more < 4; more += 1) await created(log, request(timelineId, { mode: 'rebuild' }));
      const all = await log.replays.list({ after: null, limit: 100 });
      assert.equal(all.length, 5);
      assert(all.every((job, i) => job.createdAtMs <= (all[i - 1]?.createdAtMs ?? Infinity)));
      const paged: RecordedReplay[] = [];
      for (let after: RecordedReplay | null = null; ;) {
        const page: readonly RecordedReplay[] = await log.replays.list({ after, limit: 2 });
        paged.push(...page);
        after = page.at(-1) ?? null;
        if (after === null) break;
      }
      assert.deepEqual(paged, all);
    },
  },
  {
    rule: 'no more replays than the limit are unfinished, however many are created at once, and only the newest finished ones are kept',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const few = { unfinishedMax: 3, finishedKept: 2 };
      const create = () => log.replays.create(request(timelineId), few);
      const outcomes = await Promise.all(Array.from({ length: 12 }, create));
      assert.equal(outcomes.filter(({ status }) => status === 'created').length, 3);
      assert.equal(outcomes.filter(({ status }) => status === 'full').length, 9);
      for (const { id } of await log.replays.list({ after: null, limit: 9 })) await log.replays.cancel(id);
      assert.equal((await create()).status, 'created');
      const kept = await log.replays.list({ after: null, limit: 9 });
      assert.deepEqual(kept.map(({ status }) => status).sort(), ['cancelled', 'cancelled', 'running']);
    },
  },
  {
    rule: 'a key is burnt with a replay, once',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const key = proposedKey('replay');
      await created(log, request(timelineId, { key }));
      assert.deepEqual(await log.findServerKey(key.digest), key);
      assert.equal((await log.replays.create(request(timelineId, { key }), limits)).status, 'key-taken');
      const full = { ...limits, unfinishedMax: 1 };
      const other = proposedKey('other');
      assert.equal((await log.replays.create(request(timelineId, { key: other }), full)).status, 'full');
      assert.equal(await log.findServerKey(other.digest), undefined);
      assert.equal((await log.replays.list({ after: null, limit: 9 })).length, 1);
    },
  },
  {
    rule: 'a replay is taken by one process at a time, the oldest first, and again when it was given back',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const ids = [];
      for (let more = 0; more < 3; more += 1) ids.push((await created(log, request(timelineId))).id);
      const taken = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((owner) => log.replays.claim(owner, LEASE_MS)));
      const jobs = taken.filter((replay) => replay !== undefined);
      assert.deepEqual(jobs.map(({ id }) => id).sort(), ids.sort());
      assert.deepEqual(new Set(jobs.map(({ owner }) => owner)).size, 3);
      const [job] = jobs;
      assert(job !== undefined && job.owner !== null);
      const claim = { id: job.id, owner: job.owner, attempt: 1 };
      assert.equal(await log.replays.report(claim, HALF, LEASE_MS), true);
      await log.replays.giveBack(claim);
      const again = await log.replays.claim('f', LEASE_MS);
      assert.deepEqual([again?.id, again?.owner, again?.attempts], [job.id, 'f', 2]);
      assert.deepEqual([again?.version, again?.of, again?.eventsPerSecond], [0, null, 0]);
    },
  },
  {
    rule: 'whoever lost its lease writes nothing any more',
    async holds(log) {
      const { timeline, claim } = await claimed(log, { leaseMs: 0, mode: 'rebuild' });
      const taken = await log.replays.claim('api-2', LEASE_MS);
      assert.equal(taken?.id, claim.id);
      const before = await found(log, claim);
      assert.equal(await log.replays.report(claim, HALF, LEASE_MS), false);
      await log.replays.giveBack(claim);
      assert.equal(await log.replays.claim('api-3', LEASE_MS), undefined);
      const end = { progress: WHOLE, result: NOTHING };
      assert.equal(await log.replays.finish(claim, { status: 'completed', ...end }), false);
      assert.equal(await log.replays.saveSnapshot(claim, snapshot(timeline.timelineId, 1)), false);
      assert.equal(await log.replays.finishRebuild(claim, { ...end, checked: [] }), false);
      assert.deepEqual(await found(log, claim), before);
      assert.deepEqual(await versionsOf(log, timeline), []);
      assert.equal((await log.findTimeline('REALITY'))?.rebuilds, 0);
      const theirs = { id: claim.id, owner: 'api-2', attempt: 2 };
      assert.equal(await log.replays.report({ ...theirs, attempt: 1 }, HALF, LEASE_MS), false);
      assert.equal(await log.replays.report(theirs, HALF, LEASE_MS), true);
    },
  },
  {
    rule: 'a report holds the lease on, and shows how far the replay is',
    async holds(log) {
      const { claim } = await claimed(log, { leaseMs: 0 });
      assert.equal(await log.replays.report(claim, HALF, LEASE_MS), true);
      assert.equal(await log.replays.claim('api-2', LEASE_MS), undefined);
      const { version, of, eventsPerSecond } = await found(log, claim);
      assert.deepEqual({ version, of, eventsPerSecond }, HALF);
    },
  },
  {
    rule: 'a finished replay shows its result, and nothing changes it any more',
    async holds(log) {
      const { claim } = await claimed(log);
      const result = { ...NOTHING, stateHash: 'ab'.repeat(32), matches: false, firstDifference: '{"version":3}' };
      assert.equal(await log.replays.finish(claim, { status: 'completed', progress: WHOLE, result }), true);
      const finished = await found(log, claim);
      const { finishedAtMs, ...rest } = finished;
      assert(finishedAtMs !== null && finishedAtMs >= finished.createdAtMs);
      assert.deepEqual({ ...rest, status: 'completed', ...WHOLE, ...result }, rest);
      assert.deepEqual(await log.replays.cancel(claim.id), finished);
      assert.equal(await log.replays.report(claim, HALF, LEASE_MS), false);
      const failed = { status: 'failed', progress: HALF, result: { ...NOTHING, failure: '{}' } } as const;
      assert.equal(await log.replays.finish(claim, failed), false);
      assert.deepEqual(await found(log, claim), finished);
      assert.equal(await log.replays.claim('api-2', LEASE_MS), undefined);
    },
  },
  {
    rule: 'whoever works on a replay that is cancelled finds out with its next write',
    async holds(log) {
      const { claim, timeline } = await claimed(log);
      const cancelled = await log.replays.cancel(claim.id);
      assert.equal(cancelled?.status, 'cancelled');
      assert.deepEqual(await log.replays.cancel(claim.id), cancelled);
      assert.equal(await log.replays.cancel(randomUUID()), undefined);
      assert.equal(await log.replays.report(claim, HALF, LEASE_MS), false);
      assert.equal(await log.replays.saveSnapshot(claim, snapshot(timeline.timelineId, 1)), false);
      assert.deepEqual(await found(log, claim), cancelled);
    },
  },
  {
    rule: 'from a rebuild on only the snapshots count that it checked, and later ones',
    async holds(log) {
      const { claim, timeline } = await claimed(log, { mode: 'rebuild' });
      const { timelineId } = timeline;
      const [good, bad, swapped, made] = [1, 2, 3, 4].map((version) => snapshot(timelineId, version));
      assert(good && bad && swapped && made);
      for (const saved of [good, bad, swapped]) await log.saveSnapshot(saved);
      assert.equal(await log.replays.saveSnapshot(claim, made), true);
      await log.saveSnapshot(snapshot(timelineId, 3));
      const checked = [good, swapped, made];
      assert.equal(await log.replays.finishRebuild(claim, { progress: WHOLE, result: NOTHING, checked }), true);
      assert.equal((await found(log, claim)).status, 'completed');
      assert.equal((await log.findTimeline('REALITY'))?.rebuilds, 1);
      assert.equal((await log.readHeads([timelineId])).get(timelineId)?.rebuilds, 1);
      assert.deepEqual(await versionsOf(log, timeline), [4, 1]);
      await log.saveSnapshot(snapshot(timelineId, 5));
      await log.saveSnapshot(snapshot(timelineId, 4));
      assert.deepEqual(await versionsOf(log, timeline), [4, 1]);
      assert.deepEqual(await log.loadSnapshot(made), { ...made, rebuilds: 1 });
      await log.saveSnapshot(snapshot(timelineId, 6, { rebuilds: 1 }));
      assert.deepEqual(await versionsOf(log, timeline), [6, 4, 1]);
      assert.equal(await log.pruneSnapshots(timelineId, 2), 4);
      assert.deepEqual(await versionsOf(log, timeline), [6, 4]);
    },
  },
];
