import { extendChain, genesisHash, genesisHead } from './chain.js';
import type {
  AppendOutcome,
  AppendRequest,
  ChainHash,
  CommitWithEvents,
  CreateTimelineRequest,
  Head,
  KeyDigest,
  Label,
  ProposedKey,
  ReadRequest,
  RecordedEvent,
  RecordedKey,
  TimelineId,
  TimelineRecord,
  EventPage,
} from './log.js';
import type { Snapshot, SnapshotInfo } from './snapshot.js';

interface MemoryLabel {
  readonly version: number;
  /** The newest timeline there was when it was put: a fork that is not newer does not see it. */
  readonly newestTimeline: number;
}

/** One timeline of the log in memory, and what reads it through its ancestry. */
export interface MemoryTimeline {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly createdAtMs: number;
  readonly parent: { readonly timeline: MemoryTimeline; readonly forkVersion: number } | null;
  readonly genesisHash: ChainHash;
  readonly labels: Map<string, MemoryLabel>;
  head: Head;
  readonly commits: CommitWithEvents[];
  readonly keys: Map<KeyDigest, RecordedKey>;
  readonly snapshots: Map<string, Snapshot>;
  rebuilds: number;
  /** Resolves when whoever holds the head's lock gives it up. */
  locked: Promise<void>;
}

export function emptyTimeline(
  timelineId: TimelineId,
  { name, fork, recordedAtMs }: CreateTimelineRequest,
  parent: MemoryTimeline | null,
): MemoryTimeline {
  const forkVersion = fork?.head.version ?? 0;
  const genesis =
    fork === null
      ? genesisHead()
      : { version: forkVersion, hash: genesisHash({ forkVersion, hashAtFork: fork.head.hash }) };
  return {
    timelineId,
    name,
    createdAtMs: recordedAtMs,
    parent: parent && { timeline: parent, forkVersion },
    genesisHash: genesis.hash,
    labels: new Map(),
    head: genesis,
    commits: [],
    keys: new Map(),
    snapshots: new Map(),
    rebuilds: 0,
    locked: Promise.resolve(),
  };
}

export function appendTo(timeline: MemoryTimeline, request: AppendRequest): AppendOutcome {
  const { head } = timeline;
  if (request.expected.version !== head.version || request.expected.hash !== head.hash) return { status: 'lost' };
  const digests = new Set(request.keys.map((key) => key.digest));
  const burnt = request.keys.some((key) => timeline.keys.has(key.digest));
  if (burnt || digests.size < request.keys.length) return { status: 'key-taken' };
  write(timeline, request);
  return { status: 'appended', head: timeline.head, databaseTimeMs: Date.now() };
}

export function write(
  timeline: MemoryTimeline,
  request: Pick<AppendRequest, 'events' | 'recordedAtMs' | 'writer'> & { readonly keys: readonly ProposedKey[] },
): void {
  for (const key of request.keys) timeline.keys.set(key.digest, key);
  if (request.events.length === 0) return;
  const { recordedAtMs, writer } = request;
  const firstVersion = timeline.head.version + 1;
  const { head, checks } = extendChain(timeline.head, request.events, request);
  const events = request.events.map((event, index): RecordedEvent => ({ version: firstVersion + index, ...event }));
  const commit = { firstVersion, lastVersion: head.version, hash: head.hash, recordedAtMs, writer };
  const enters = timeline.parent !== null && timeline.commits.length === 0 ? timeline.genesisHash : null;
  timeline.commits.push({ commit, enters, events, checks });
  timeline.head = head;
}

/** What one timeline of an ancestry holds of a log: versions above `after`, up to `to`. */
interface Part {
  readonly timeline: MemoryTimeline;
  readonly after: number;
  readonly to: number;
}

/** Oldest first, the timeline's own last; those without a version are left out. */
export function partsOf(own: MemoryTimeline): readonly Part[] {
  const parts: Part[] = [];
  let to = Number.POSITIVE_INFINITY;
  for (let timeline: MemoryTimeline | undefined = own; timeline !== undefined; timeline = timeline.parent?.timeline) {
    const after = timeline.parent?.forkVersion ?? 0;
    if (after >= to) continue;
    parts.unshift({ timeline, after, to: Math.min(to, timeline.head.version) });
    to = after;
  }
  return parts;
}

/** The commits of a log, those of the ancestry cut where the next timeline branches off. */
export const commitsOf = (own: MemoryTimeline): readonly CommitWithEvents[] =>
  partsOf(own).flatMap((part) =>
    part.timeline.commits.map((stored) => within(stored, part)).filter(({ events }) => events.length > 0),
  );

export function within(stored: CommitWithEvents, { after, to }: { readonly after: number; readonly to: number }) {
  const isWanted = ({ version }: RecordedEvent): boolean => version > after && version <= to;
  if (stored.events.every(isWanted)) return stored;
  return {
    ...stored,
    events: stored.events.filter(isWanted),
    checks: stored.checks.filter((_check, index) => isWanted(stored.events[index] as RecordedEvent)),
  };
}

/** A fork sees the keys of its ancestry as far as it shares their log; a nearer one comes first. */
export function findKey(own: MemoryTimeline, digest: KeyDigest): RecordedKey | undefined {
  for (const { timeline, to } of [...partsOf(own)].reverse()) {
    const key = timeline.keys.get(digest);
    if (key !== undefined && (timeline === own || key.lastVersion <= to)) return key;
  }
  return undefined;
}

/** A nearer label stands before one of the same name further up; one that was put after the fork was made is not seen. */
export function labelsOf(own: MemoryTimeline): ReadonlyMap<string, Label> {
  const labels = new Map<string, Label>();
  const parts = partsOf(own);
  for (const [index, { timeline, to }] of parts.entries()) {
    const forkedBy = parts[index + 1]?.timeline.timelineId ?? Number.POSITIVE_INFINITY;
    for (const [label, { version, newestTimeline }] of timeline.labels) {
      if (version <= to && newestTimeline < forkedBy) labels.set(label, { label, version, timeline: timeline.name });
    }
  }
  return labels;
}

/** Waits until nobody holds the lock; another waiter may have been quicker each time. */
export async function unlocked(timeline: MemoryTimeline): Promise<void> {
  let seen: Promise<void>;
  do {
    seen = timeline.locked;
    await seen;
  } while (seen !== timeline.locked);
}

export const isAskedFor = (event: RecordedEvent, { afterVersion, toVersion, types }: ReadRequest): boolean =>
  event.version > afterVersion &&
  event.version <= (toVersion ?? event.version) &&
  (types === undefined || types.includes(event.type));

export function timelineRecord(timeline: MemoryTimeline): TimelineRecord {
  const { timelineId, name, parent, createdAtMs, rebuilds, head } = timeline;
  const last = timeline.commits.at(-1);
  const { type = '', atMs = 0 } = last?.events.at(-1) ?? {};
  return {
    timelineId,
    name,
    parent: parent && {
      timelineId: parent.timeline.timelineId,
      name: parent.timeline.name,
      forkVersion: parent.forkVersion,
    },
    genesisHash: timeline.genesisHash,
    head,
    createdAtMs,
    rebuilds,
    last: { type, atMs, recordedAtMs: last?.commit.recordedAtMs ?? 0 },
  };
}

/** False if it is burnt already. */
export function burn(keys: Map<KeyDigest, RecordedKey>, key: ProposedKey | null): boolean {
  if (key === null) return true;
  if (keys.has(key.digest)) return false;
  keys.set(key.digest, key);
  return true;
}

/** Keeps a snapshot, unless there is one of a later rebuild in its place. */
export function keepSnapshot({ snapshots }: MemoryTimeline, snapshot: Snapshot): void {
  const { bytes } = snapshot;
  const before = snapshots.get(snapshotKey(snapshot));
  if (before !== undefined && before.rebuilds > snapshot.rebuilds) return;
  snapshots.set(snapshotKey(snapshot), { ...snapshot, bytes: Buffer.from(bytes), sizeBytes: bytes.length });
}

export const snapshotKey = ({
  version,
  format,
  reducer,
}: Pick<SnapshotInfo, 'version' | 'format' | 'reducer'>): string => `${version} ${format} ${reducer}`;

export const newestFirst = (snapshots: Iterable<Snapshot>): Snapshot[] =>
  [...snapshots].sort((left, right) => right.version - left.version || right.takenAtMs - left.takenAtMs);

/** UTF-8 sorts like code points, which UTF-16 does not. */
export const compareCodePoints = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

export const eventsOf = (timeline: MemoryTimeline): readonly RecordedEvent[] =>
  commitsOf(timeline).flatMap((commit) => commit.events);

/** The events up to so many bytes of data, and one in any case. */
export function cutAt(events: readonly RecordedEvent[], bytesMax = Infinity): Pick<EventPage, 'events' | 'isCut'> {
  let bytes = 0;
  const end = events.findIndex(({ data }, i) => {
    if (i > 0 && bytes >= bytesMax) return true;
    bytes += Buffer.byteLength(data);
    return false;
  });
  return end < 0 ? { events, isCut: false } : { events: events.slice(0, end), isCut: true };
}
