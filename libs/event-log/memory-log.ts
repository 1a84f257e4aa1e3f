import { extendChain, genesisHash } from './chain.js';
import { LogCorrupt } from './log.js';
import type {
  AppendOutcome,
  AppendRequest,
  CommitWithEvents,
  Confirmation,
  CreateTimelineOutcome,
  CreateTimelineRequest,
  EventLog,
  EventPage,
  Head,
  HeadLock,
  KeyDigest,
  ProposedKey,
  ReadRequest,
  RecordedCommit,
  RecordedEvent,
  RecordedKey,
  Snapshot,
  SnapshotInfo,
  TimelineId,
  TimelineRecord,
} from './log.js';
import { assertProposable } from './proposable.js';

/**
 * A log that lives and dies with the process, for examples and property tests. Nothing in it waits for anything but a
 * held head lock, so every call takes effect at once.
 */
export function openMemoryLog(): EventLog {
  return new MemoryLog();
}

interface MemoryTimeline {
  readonly timelineId: TimelineId;
  readonly name: string;
  readonly createdAtMs: number;
  head: Head;
  readonly commits: CommitWithEvents[];
  readonly keys: Map<KeyDigest, RecordedKey>;
  readonly snapshots: Map<string, Snapshot>;
  /** Resolves when whoever holds the head's lock gives it up. */
  locked: Promise<void>;
}

class MemoryLog implements EventLog {
  readonly #timelines = new Map<TimelineId, MemoryTimeline>();
  readonly #serverKeys = new Map<KeyDigest, RecordedKey>();

  createTimeline(request: CreateTimelineRequest): Promise<CreateTimelineOutcome> {
    return settle(() => {
      if (request.events.length === 0) throw new TypeError('a timeline begins with at least one event');
      request.events.forEach(assertProposable);
      if (request.key !== null && this.#serverKeys.has(request.key.digest)) return { status: 'key-taken' };
      if ([...this.#timelines.values()].some(({ name }) => name === request.name)) return { status: 'name-taken' };
      const timeline = emptyTimeline((this.#timelines.size + 1) as TimelineId, request);
      write(timeline, { ...request, keys: [] });
      this.#timelines.set(timeline.timelineId, timeline);
      if (request.key !== null) this.#serverKeys.set(request.key.digest, request.key);
      return { status: 'created', timeline: timelineRecord(timeline) };
    });
  }

  findTimeline(name: string): Promise<TimelineRecord | undefined> {
    return settle(() => {
      const found = [...this.#timelines.values()].find((timeline) => timeline.name === name);
      return found === undefined ? undefined : timelineRecord(found);
    });
  }

  listTimelines(page: {
    readonly afterName: string | null;
    readonly limit: number;
  }): Promise<readonly TimelineRecord[]> {
    return settle(() =>
      [...this.#timelines.values()]
        .filter(({ name }) => page.afterName === null || compareCodePoints(name, page.afterName) > 0)
        .sort((left, right) => compareCodePoints(left.name, right.name))
        .slice(0, page.limit)
        .map(timelineRecord),
    );
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    request.events.forEach(assertProposable);
    const timeline = this.#timelines.get(request.timelineId);
    if (timeline === undefined) return { status: 'lost' };
    await unlocked(timeline);
    return appendTo(timeline, request);
  }

  async lockHead(timelineId: TimelineId): Promise<HeadLock> {
    const timeline = this.#timeline(timelineId);
    await unlocked(timeline);
    let unlock = (): void => undefined;
    timeline.locked = new Promise((resolve) => (unlock = resolve));
    return new MemoryHeadLock(timeline, unlock);
  }

  confirm(timelineId: TimelineId, keys: readonly KeyDigest[]): Promise<Confirmation> {
    return settle(() => {
      const timeline = this.#timeline(timelineId);
      const burnt = [...new Set(keys)].map((digest) => timeline.keys.get(digest)).filter((key) => key !== undefined);
      return { head: timeline.head, keys: burnt, databaseTimeMs: Date.now() };
    });
  }

  findServerKey(digest: KeyDigest): Promise<RecordedKey | undefined> {
    return settle(() => this.#serverKeys.get(digest));
  }

  readHeads(timelineIds: readonly TimelineId[]): Promise<ReadonlyMap<TimelineId, Head>> {
    return settle(() => {
      const asked = new Set(timelineIds);
      return new Map([...this.#timelines].filter(([id]) => asked.has(id)).map(([id, { head }]) => [id, head]));
    });
  }

  readEvents(request: ReadRequest): Promise<EventPage> {
    return settle(() => {
      const timeline = this.#timeline(request.timelineId);
      const events = timeline.commits
        .flatMap((commit) => commit.events)
        .filter((event) => isAskedFor(event, request))
        .slice(0, request.limit);
      return { events, head: timeline.head };
    });
  }

  async *readCommits(request: {
    readonly timelineId: TimelineId;
    readonly afterVersion: number;
    readonly toVersion?: number;
  }): AsyncGenerator<CommitWithEvents> {
    const { commits, head } = this.#timeline(request.timelineId);
    const to = Math.min(request.toVersion ?? head.version, head.version);
    for (const stored of [...commits]) {
      const { lastVersion } = stored.commit;
      if (lastVersion > request.afterVersion && lastVersion <= to) yield await Promise.resolve(stored);
    }
  }

  findCommit(timelineId: TimelineId, lastVersion: number): Promise<RecordedCommit | undefined> {
    return settle(
      () => this.#timeline(timelineId).commits.find(({ commit }) => commit.lastVersion === lastVersion)?.commit,
    );
  }

  readRecordedAt(timelineId: TimelineId, versions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return settle(() => {
      const { commits } = this.#timeline(timelineId);
      const recordedAt = new Map<number, number>();
      for (const version of versions) {
        const holding = commits.find(({ commit }) => commit.firstVersion <= version && version <= commit.lastVersion);
        if (holding !== undefined) recordedAt.set(version, holding.commit.recordedAtMs);
      }
      return recordedAt;
    });
  }

  saveSnapshot(timelineId: TimelineId, snapshot: Snapshot): Promise<void> {
    return settle(() => {
      const { bytes } = snapshot;
      const stored = { ...snapshot, bytes: Buffer.from(bytes), sizeBytes: bytes.length };
      this.#timeline(timelineId).snapshots.set(snapshotKey(snapshot), stored);
    });
  }

  listSnapshots(timelineId: TimelineId): Promise<readonly SnapshotInfo[]> {
    return settle(() =>
      newestFirst(this.#timeline(timelineId).snapshots.values()).map(({ bytes: _bytes, ...info }) => info),
    );
  }

  loadSnapshot(
    timelineId: TimelineId,
    which: Pick<SnapshotInfo, 'version' | 'format' | 'reducer'>,
  ): Promise<Snapshot | undefined> {
    return settle(() => this.#timeline(timelineId).snapshots.get(snapshotKey(which)));
  }

  pruneSnapshots(timelineId: TimelineId, keep: number): Promise<number> {
    return settle(() => {
      const { snapshots } = this.#timeline(timelineId);
      const keptOfKind = new Map<string, number>();
      let removed = 0;
      for (const snapshot of newestFirst(snapshots.values())) {
        const kind = `${snapshot.format} ${snapshot.reducer}`;
        const kept = keptOfKind.get(kind) ?? 0;
        if (kept < keep) keptOfKind.set(kind, kept + 1);
        else if (snapshots.delete(snapshotKey(snapshot))) removed += 1;
      }
      return removed;
    });
  }

  databaseTimeMs(): Promise<number> {
    return settle(() => Date.now());
  }

  close(): Promise<void> {
    return settle(() => undefined);
  }

  #timeline(timelineId: TimelineId): MemoryTimeline {
    const timeline = this.#timelines.get(timelineId);
    if (timeline === undefined) throw new LogCorrupt(`timeline ${timelineId} is not in this log`, 0);
    return timeline;
  }
}

class MemoryHeadLock implements HeadLock {
  readonly head: Head;
  readonly databaseTimeMs = Date.now();
  readonly #timeline: MemoryTimeline;
  readonly #unlock: () => void;
  #held = true;

  constructor(timeline: MemoryTimeline, unlock: () => void) {
    this.head = timeline.head;
    this.#timeline = timeline;
    this.#unlock = unlock;
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return settle(() => {
      if (!this.#held) throw new TypeError('the lock of this head was given up already');
      if (request.timelineId !== this.#timeline.timelineId) throw new TypeError('this is the lock of another timeline');
      request.events.forEach(assertProposable);
      this.#giveUp();
      return appendTo(this.#timeline, request);
    });
  }

  release(): Promise<void> {
    return settle(() => this.#giveUp());
  }

  #giveUp(): void {
    this.#held = false;
    this.#unlock();
  }
}

function emptyTimeline(timelineId: TimelineId, request: CreateTimelineRequest): MemoryTimeline {
  return {
    timelineId,
    name: request.name,
    createdAtMs: request.recordedAtMs,
    head: { version: 0, hash: genesisHash(null) },
    commits: [],
    keys: new Map(),
    snapshots: new Map(),
    locked: Promise.resolve(),
  };
}

function appendTo(timeline: MemoryTimeline, request: AppendRequest): AppendOutcome {
  const { head } = timeline;
  if (request.expected.version !== head.version || request.expected.hash !== head.hash) return { status: 'lost' };
  const digests = new Set(request.keys.map((key) => key.digest));
  const burnt = request.keys.some((key) => timeline.keys.has(key.digest));
  if (burnt || digests.size < request.keys.length) return { status: 'key-taken' };
  write(timeline, request);
  return { status: 'appended', head: timeline.head, databaseTimeMs: Date.now() };
}

function write(
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
  timeline.commits.push({ commit, events, checks });
  timeline.head = head;
}

/** Waits until nobody holds the lock; another waiter may have been quicker each time. */
async function unlocked(timeline: MemoryTimeline): Promise<void> {
  let seen: Promise<void>;
  do {
    seen = timeline.locked;
    await seen;
  } while (seen !== timeline.locked);
}

const isAskedFor = (event: RecordedEvent, { afterVersion, toVersion, types }: ReadRequest): boolean =>
  event.version > afterVersion &&
  event.version <= (toVersion ?? event.version) &&
  (types === undefined || types.includes(event.type));

const timelineRecord = ({ timelineId, name, createdAtMs, head }: MemoryTimeline): TimelineRecord => ({
  timelineId,
  name,
  parent: null,
  genesisHash: genesisHash(null),
  head,
  createdAtMs,
});

const snapshotKey = ({ version, format, reducer }: Pick<SnapshotInfo, 'version' | 'format' | 'reducer'>): string =>
  `${version} ${format} ${reducer}`;

const newestFirst = (snapshots: Iterable<Snapshot>): Snapshot[] =>
  [...snapshots].sort((left, right) => right.version - left.version || right.takenAtMs - left.takenAtMs);

/** UTF-8 sorts like code points, which UTF-16 does not. */
const compareCodePoints = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

/** What PostgreSQL would answer later, and a fault as a rejection. */
async function settle<T>(answer: () => T): Promise<T> {
  return Promise.resolve(answer());
}
