import { TimelineGone } from '#event-log';
import type { Stretch, TimelineId, TimelineRecord } from '#event-log';
import { hash, integer, text } from './cells.js';
import type { Connections } from './connections.js';
import { readAncestry } from './sql/read-ancestry.js';

/** Remembered at most; then it is asked anew. */
const timelinesMax = 10_000;

/** What a stretch has in common with a range of versions: those above `after`, up to `to`. */
export interface Part {
  readonly stretch: Stretch;
  readonly after: number;
  /** Null: to the head. */
  readonly to: number | null;
}

/** The ancestry of timelines. It never changes, so it is asked once for each. */
export class Ancestry {
  readonly #connections: Connections;
  readonly #known = new Map<TimelineId, readonly Stretch[]>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Oldest first, the timeline's own last; stretches without a version are left out. @throws TimelineGone */
  async of(timelineId: TimelineId): Promise<readonly Stretch[]> {
    const known = this.#known.get(timelineId);
    if (known !== undefined) return known;
    const rows = await this.#connections.rows(readAncestry, [timelineId]);
    if (rows.length === 0) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
    const lineage = rows.map((row) => ({
      timelineId: integer(row, 0) as TimelineId,
      name: text(row, 1),
      genesisHash: hash(row, 2),
      afterVersion: integer(row, 3),
    }));
    const stretches = stretchesOf(lineage);
    if (this.#known.size >= timelinesMax) this.#known.clear();
    this.#known.set(timelineId, stretches);
    return stretches;
  }

  /** A restore may have given the number to another timeline than the one that is remembered. */
  forgetUnless({ timelineId, genesisHash }: Pick<TimelineRecord, 'timelineId' | 'genesisHash'>): void {
    if (this.#known.get(timelineId)?.at(-1)?.genesisHash !== genesisHash) this.#known.delete(timelineId);
  }

  /** The stretch that holds a version: the timeline's own for versions that do not exist yet. */
  async holding(timelineId: TimelineId, version: number): Promise<Stretch> {
    const stretches = await this.of(timelineId);
    const found = stretches.find(({ toVersion }) => toVersion === null || version <= toVersion);
    if (found === undefined) throw new TypeError('an ancestry without a stretch of its own');
    return found;
  }

  /** The stretches that hold versions above `after` and up to `to` (null: the head), oldest first. */
  async parts(
    timelineId: TimelineId,
    { after, to }: { readonly after: number; readonly to: number | null },
  ): Promise<readonly Part[]> {
    const parts: Part[] = [];
    for (const stretch of await this.of(timelineId)) {
      const from = Math.max(after, stretch.afterVersion);
      const until = least(to, stretch.toVersion);
      if (until === null || from < until) parts.push({ stretch, after: from, to: until });
    }
    return parts;
  }
}

/** Where a fork stands below its parent's own fork version, nothing of the parent is between. */
function stretchesOf(lineage: readonly Omit<Stretch, 'toVersion'>[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let toVersion: number | null = null;
  for (const member of [...lineage].reverse()) {
    if (toVersion === null || member.afterVersion < toVersion) {
      stretches.unshift({ ...member, toVersion });
      toVersion = member.afterVersion;
    }
  }
  return stretches;
}

function least(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : Math.min(left, right);
}
