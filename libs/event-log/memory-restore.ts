import { extendChain } from './chain.js';
import { LogCorrupt } from './faults.js';
import type { RecordedCommit, RecordedEvent, RecordedKey, TimelineId } from './log.js';
import type { MemoryTimeline } from './memory-timeline.js';
import { assertProposable } from './proposable.js';
import type { RestoreOutcome, RestorePart, TimelineToRestore } from './restoring.js';

/** The log in memory, as far as a restoration looks at it. */
interface Found {
  readonly find: (name: string) => MemoryTimeline | undefined;
  /** Removed timelines keep their names. */
  readonly isTaken: (name: string) => boolean;
  /** How many numbers were given out. */
  readonly created: number;
}

/** What is to be added to the log: nothing unless the outcome is `restored`. */
interface Restored {
  readonly outcome: RestoreOutcome;
  readonly timelines: readonly MemoryTimeline[];
  readonly serverKeys: readonly RecordedKey[];
}

export function restoreToMemory(parts: readonly RestorePart[], found: Found): Restored {
  const restored = new Map<string, MemoryTimeline>();
  const already = new Set<string>();
  const serverKeys: RecordedKey[] = [];
  let current: MemoryTimeline | undefined;
  for (const part of parts) {
    if (part.kind === 'timeline') {
      const { name, head } = part.timeline;
      current = undefined;
      if (found.isTaken(name)) {
        if (!hasHead(found.find(name), head)) {
          return { outcome: { status: 'name-taken', name }, timelines: [], serverKeys: [] };
        }
        already.add(name);
      } else {
        const timelineId = (found.created + restored.size + 1) as TimelineId;
        const parent =
          part.timeline.parent && (restored.get(part.timeline.parent.name) ?? found.find(part.timeline.parent.name));
        if (parent === undefined) throw new TypeError(`the parent of ${name} comes before it`);
        current = emptyTimeline(timelineId, part.timeline, parent);
        restored.set(name, current);
      }
    } else if (part.kind === 'server-keys') serverKeys.push(...part.keys);
    else if (current !== undefined) add(current, part);
  }
  return { outcome: { status: 'restored', already }, timelines: [...restored.values()], serverKeys };
}

const hasHead = (timeline: MemoryTimeline | undefined, head: TimelineToRestore['head']): boolean =>
  timeline?.commits.some(({ commit }) => commit.lastVersion === head.version && commit.hash === head.hash) === true;

function emptyTimeline(
  timelineId: TimelineId,
  { name, parent: fork, genesisHash, createdAtMs }: TimelineToRestore,
  parent: MemoryTimeline | null,
): MemoryTimeline {
  return {
    timelineId,
    name,
    createdAtMs,
    parent: parent && fork && { timeline: parent, forkVersion: fork.forkVersion },
    genesisHash,
    labels: new Map(),
    head: { version: fork?.forkVersion ?? 0, hash: genesisHash },
    commits: [],
    keys: new Map(),
    snapshots: new Map(),
    rebuilds: 0,
    locked: Promise.resolve(),
  };
}

function add(
  timeline: MemoryTimeline,
  part: Exclude<RestorePart, { readonly kind: 'timeline' | 'server-keys' }>,
): void {
  switch (part.kind) {
    case 'commit':
      addCommit(timeline, part.commit, part.events);
      return;
    case 'keys':
      for (const key of part.keys) timeline.keys.set(key.digest, key);
      return;
    case 'labels':
      for (const { label, version } of part.labels) {
        timeline.labels.set(label, { version, newestTimeline: timeline.timelineId });
      }
      return;
  }
}

function addCommit(timeline: MemoryTimeline, commit: RecordedCommit, events: readonly RecordedEvent[]): void {
  events.forEach(assertProposable);
  const { head, checks } = extendChain(timeline.head, events, commit);
  if (head.hash !== commit.hash) {
    throw new LogCorrupt(`the commit that ends at version ${commit.lastVersion} was changed`, commit.lastVersion);
  }
  const enters = timeline.parent !== null && timeline.commits.length === 0 ? timeline.genesisHash : null;
  timeline.commits.push({ commit, enters, events, checks });
  timeline.head = head;
}
