import type { TimelineId } from './log.js';
import type { MemoryTimeline } from './memory-timeline.js';
import type { ScanRange, StoredRows } from './stored-rows.js';

/** The rows of a log in memory. Nobody edits them by hand, so none is stray and none is beyond a head. */
export function memoryRows(find: (timelineId: TimelineId) => MemoryTimeline): StoredRows {
  return {
    async *scanEvents({ timelineId, ...range }) {
      const stored = find(timelineId).commits.flatMap(({ events, checks }) =>
        events.map((event, index) => ({ ...event, check: checks[index] ?? 0 })),
      );
      yield* pages(stored.filter(({ version }) => isWithin(range, version)));
    },
    async *scanCommits({ timelineId, ...range }) {
      const stored = find(timelineId).commits.map(({ commit, events }) => ({
        ...commit,
        dataBytes: events.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0),
      }));
      yield* pages(stored.filter(({ lastVersion }) => isWithin(range, lastVersion)));
    },
    async findBeyondHead(timelineId) {
      const { head } = await Promise.resolve(find(timelineId));
      return { head, eventVersion: null, commitVersion: null };
    },
    findStrayRows: () => Promise.resolve([]),
  };
}

async function* pages<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  if (rows.length > 0) yield await Promise.resolve(rows);
}

const isWithin = ({ afterVersion, toVersion = Infinity }: Omit<ScanRange, 'timelineId'>, version: number): boolean =>
  version > (afterVersion ?? -Infinity) && version <= toVersion;
