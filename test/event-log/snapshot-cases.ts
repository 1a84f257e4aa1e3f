import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { ChainHash, EventLog, Snapshot, TimelineId } from '#event-log';
import type { ContractCase } from './contract.js';
import { createTimeline } from './proposals.js';

/** A snapshot of random bytes. */
export function snapshot(timelineId: TimelineId, version: number, fields: Partial<Snapshot> = {}): Snapshot {
  const bytes = fields.bytes ?? randomBytes(1_000);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    timelineId,
    version,
    format: 1,
    reducer: 'ab12',
    chainHash: '0f'.repeat(32) as ChainHash,
    codec: 'zstd',
    sizeBytes: bytes.length,
    sha256,
    stateHash: 'f0'.repeat(32),
    takenAtMs: 1_000 + version,
    rebuilds: 0,
    bytes,
    ...fields,
  };
}

const versions = async (log: EventLog, timelineId: Parameters<EventLog['listSnapshots']>[0]): Promise<number[]> =>
  (await log.listSnapshots(timelineId)).map(({ version }) => version);

export const snapshotCases: readonly ContractCase[] = [
  {
    rule: 'a snapshot is listed without its bytes, newest first, and loaded with them',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const [older, newer] = [snapshot(timelineId, 5), snapshot(timelineId, 9, { bytes: randomBytes(3_000_000) })];
      await log.saveSnapshot(newer);
      await log.saveSnapshot(older);
      const infos = [newer, older].map(({ bytes: _bytes, ...info }) => info);
      assert.deepEqual(await log.listSnapshots(timelineId), infos);
      assert.deepEqual(await log.loadSnapshot(newer), newer);
      assert.equal(await log.loadSnapshot({ ...newer, reducer: 'other' }), undefined);
    },
  },
  {
    rule: 'a snapshot that is taken again replaces the one before',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const again = snapshot(timelineId, 5, { takenAtMs: 9_999 });
      await log.saveSnapshot(snapshot(timelineId, 5));
      await log.saveSnapshot(again);
      assert.deepEqual(await versions(log, timelineId), [5]);
      assert.deepEqual(await log.loadSnapshot(again), again);
    },
  },
  {
    rule: 'pruning keeps the newest of each format and reducer',
    async holds(log) {
      const { timelineId } = await createTimeline(log);
      const other = await createTimeline(log, 'OTHER');
      for (const version of [1, 2, 3]) await log.saveSnapshot(snapshot(timelineId, version));
      await log.saveSnapshot(snapshot(timelineId, 1, { reducer: 'cd34' }));
      await log.saveSnapshot(snapshot(timelineId, 1, { format: 2 }));
      await log.saveSnapshot(snapshot(other.timelineId, 1));
      assert.equal(await log.pruneSnapshots(timelineId, 2), 1);
      const left = await log.listSnapshots(timelineId);
      assert.deepEqual(left.map(({ version, format, reducer }) => `${version} ${format} ${reducer}`).sort(), [
        '1 1 cd34',
        '1 2 ab12',
        '2 1 ab12',
        '3 1 ab12',
      ]);
      assert.deepEqual(await versions(log, other.timelineId), [1]);
    },
  },
];
