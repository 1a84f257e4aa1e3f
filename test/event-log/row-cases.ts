import assert from 'node:assert/strict';
import {
  headAt,
  TimelineGone,
  type EventLog,
  type ScanRange,
  type StoredCommit,
  type StoredEvent,
  type TimelineId,
} from '#event-log';
import type { ContractCase } from './contract.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedEvents } from './proposals.js';

/** All rows of a range, whatever pages they come in. */
async function rowsOf<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) {
    assert(page.length > 0, 'a page is empty');
    rows.push(...page);
  }
  return rows;
}

export const scannedEvents = ({ rows }: EventLog, range: ScanRange): Promise<StoredEvent[]> =>
  rowsOf(rows.scanEvents(range));

const scannedCommits = ({ rows }: EventLog, range: ScanRange): Promise<StoredCommit[]> =>
  rowsOf(rows.scanCommits(range));

/** The versions 1 | 2 3 4 | … in groups of the given sizes. */
async function createLong(log: EventLog, sizes: readonly number[]): Promise<TimelineId> {
  const { timelineId, head: created } = await createTimeline(log);
  let head = created;
  for (const size of sizes) {
    head = await appended(log.append(appendRequest(timelineId, head, { events: proposedEvents(size) })));
  }
  return timelineId;
}

export const rowCases: readonly ContractCase[] = [
  {
    rule: 'the rows are those that were written, however many pages they fill',
    async holds(log) {
      const timelineId = await createLong(log, [3, 4_500, 1, 4_500]);
      const events: StoredEvent[] = [];
      const commits: StoredCommit[] = [];
      for await (const part of log.readCommits({ timelineId, afterVersion: 0 })) {
        events.push(...part.events.map((event, index) => ({ ...event, check: part.checks[index] ?? Number.NaN })));
        const dataBytes = part.events.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
        commits.push({ ...part.commit, dataBytes });
      }
      assert.equal(events.length, 9_005);
      assert.deepEqual(await scannedEvents(log, { timelineId, afterVersion: null }), events);
      assert.deepEqual(await scannedCommits(log, { timelineId, afterVersion: null }), commits);
    },
  },
  {
    rule: 'a scan starts and ends where it was asked to',
    async holds(log) {
      const timelineId = await createLong(log, [3, 2, 4]);
      const versions = async (afterVersion: number | null, toVersion?: number): Promise<readonly number[][]> => {
        const range = { timelineId, afterVersion, ...(toVersion !== undefined && { toVersion }) };
        const events = await scannedEvents(log, range);
        const commits = await scannedCommits(log, range);
        return [events.map(({ version }) => version), commits.map(({ lastVersion }) => lastVersion)];
      };
      assert.deepEqual(await versions(null, 0), [[], []]);
      assert.deepEqual(await versions(3, 7), [
        [4, 5, 6, 7],
        [4, 6],
      ]);
      assert.deepEqual(await versions(8), [[9, 10], [10]]);
      assert.deepEqual(await versions(10), [[], []]);
    },
  },
  {
    rule: 'the rows of a fork are its own alone',
    async holds(log) {
      const timelineId = await createLong(log, [3, 2]);
      const head = await headAt(log, timelineId, 5);
      assert(head !== undefined);
      const outcome = await log.createTimeline({
        name: 'FORK',
        fork: { timelineId, name: 'REALITY', head },
        events: [proposedEvent({ type: 'TimelineForked' })],
        key: null,
        recordedAtMs: 7,
        writer: 'api-1',
      });
      assert(outcome.status === 'created');
      const range = { timelineId: outcome.timeline.timelineId, afterVersion: null };
      assert.deepEqual(
        (await scannedEvents(log, range)).map(({ version }) => version),
        [6],
      );
      assert.deepEqual(
        (await scannedCommits(log, range)).map(({ firstVersion, lastVersion }) => [firstVersion, lastVersion]),
        [[6, 6]],
      );
    },
  },
  {
    rule: 'no row is beyond a head or of no timeline, not those of a removed one either',
    async holds(log) {
      const timelineId = await createLong(log, [3]);
      const { head } = await log.confirm(timelineId, []);
      assert.deepEqual(await log.rows.findBeyondHead(timelineId), { head, eventVersion: null, commitVersion: null });
      await log.removeTimeline(timelineId, null);
      assert.deepEqual(await log.rows.findStrayRows(), []);
      await assert.rejects(log.rows.findBeyondHead(timelineId), TimelineGone);
    },
  },
];
