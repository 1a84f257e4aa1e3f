import { TimelineGone } from './faults.js';
import type {
  AppendOutcome,
  AppendRequest,
  CommitWithEvents,
  Confirmation,
  CreateTimelineOutcome,
  CreateTimelineRequest,
  EventLog,
  EventPage,
  HeadLock,
  KeyDigest,
  KeysRequest,
  LogCondition,
  Label,
  OthersRange,
  NameRange,
  ProposedKey,
  ReadRequest,
  RecordedCommit,
  RecordedKey,
  RemoveTimelineOutcome,
  SaveLabelOutcome,
  Stretch,
  TimelineId,
  TimelineRecord,
  TimelinesPage,
} from './log.js';
import type { Snapshot, SnapshotInfo } from './snapshot.js';
import {
  appendTo,
  burn,
  commitsOf,
  compareCodePoints,
  emptyTimeline,
  findKey,
  cutAt,
  eventsOf,
  isAskedFor,
  keepSnapshot,
  labelsOf,
  newestFirst,
  partsOf,
  snapshotKey,
  timelineRecord,
  unlocked,
  within,
  write,
  type MemoryTimeline,
} from './memory-timeline.js';
import type { AccessStore } from './access.js';
import { openMemoryAccess } from './memory-access.js';
import { MemoryHeadLock, settle } from './memory-head-lock.js';
import { openMemoryReplays } from './memory-replays.js';
import { restoreToMemory } from './memory-restore.js';
import { memoryRows } from './memory-rows.js';
import { assertProposable } from './proposable.js';
import type { ReplayStore } from './replays.js';
import type { RestoreOutcome, RestorePart } from './restoring.js';

/**
 * A log that lives and dies with the process, for examples and property tests. Nothing in it waits for anything but a
 * held head lock, so every call takes effect at once.
 */
export function openMemoryLog(): EventLog {
  return new MemoryLog();
}

class MemoryLog implements EventLog {
  readonly rows = memoryRows((timelineId) => this.#timeline(timelineId));
  readonly #timelines = new Map<TimelineId, MemoryTimeline>();
  readonly #serverKeys = new Map<KeyDigest, RecordedKey>();
  /** Of removed timelines too: no name is used again. */
  readonly #names = new Set<string>();
  readonly replays: ReplayStore = openMemoryReplays({ timelines: this.#timelines, serverKeys: this.#serverKeys });
  readonly access: AccessStore = openMemoryAccess();
  #created = 0;

  createTimeline(request: CreateTimelineRequest): Promise<CreateTimelineOutcome> {
    return settle(() => {
      if (request.events.length === 0) throw new TypeError('a timeline begins with at least one event');
      request.events.forEach(assertProposable);
      if (request.key !== null && this.#serverKeys.has(request.key.digest)) return { status: 'key-taken' };
      if (this.#names.has(request.name)) return { status: 'name-taken' };
      const parent = request.fork === null ? null : this.#timelines.get(request.fork.timelineId);
      if (parent === undefined) return { status: 'parent-gone' };
      this.#created += 1;
      const timeline = emptyTimeline(this.#created as TimelineId, request, parent);
      write(timeline, { ...request, keys: [] });
      this.#timelines.set(timeline.timelineId, timeline);
      this.#names.add(request.name);
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

  listTimelines(page: TimelinesPage): Promise<readonly TimelineRecord[]> {
    return settle(() =>
      [...this.#timelines.values()]
        .filter(({ name }) => page.afterName === null || compareCodePoints(name, page.afterName) > 0)
        .filter(({ name }) => page.within?.some((range) => isWithin(range, name)) ?? true)
        .sort((left, right) => compareCodePoints(left.name, right.name))
        .slice(0, page.limit)
        .map(timelineRecord),
    );
  }

  removeTimeline(timelineId: TimelineId, key: ProposedKey | null): Promise<RemoveTimelineOutcome> {
    return settle(() => {
      const names = this.#forksOf(timelineId).map(({ name }) => name);
      if (names.length > 0) return { status: 'has-forks', names };
      if (!this.#timelines.has(timelineId)) return { status: 'unknown' };
      if (!burn(this.#serverKeys, key)) return { status: 'key-taken' };
      this.#timelines.delete(timelineId);
      return { status: 'removed' };
    });
  }

  readAncestry(timelineId: TimelineId): Promise<readonly Stretch[]> {
    return settle(() =>
      partsOf(this.#timeline(timelineId)).map(({ timeline, after, to }, index, parts) => ({
        timelineId: timeline.timelineId,
        name: timeline.name,
        genesisHash: timeline.genesisHash,
        afterVersion: after,
        toVersion: index === parts.length - 1 ? null : to,
      })),
    );
  }

  listForks(timelineId: TimelineId, limit: number): Promise<readonly TimelineRecord[]> {
    return settle(() => this.#forksOf(timelineId).slice(0, limit).map(timelineRecord));
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
      const burnt = [...new Set(keys)].map((digest) => findKey(timeline, digest)).filter((key) => key !== undefined);
      return { head: timeline.head, keys: burnt, databaseTimeMs: Date.now() };
    });
  }

  findServerKey(digest: KeyDigest): Promise<RecordedKey | undefined> {
    return settle(() => this.#serverKeys.get(digest));
  }

  readHeads(timelineIds: readonly TimelineId[]): ReturnType<EventLog['readHeads']> {
    return settle(() => {
      const asked = [...this.#timelines.values()].filter(({ timelineId }) => timelineIds.includes(timelineId));
      return new Map(asked.map(({ timelineId, head, rebuilds }) => [timelineId, { ...head, rebuilds }]));
    });
  }

  readEvents(request: ReadRequest): Promise<EventPage> {
    return settle(() => {
      const timeline = this.#timeline(request.timelineId);
      const asked = eventsOf(timeline).filter((event) => isAskedFor(event, request));
      const events = asked.slice(0, request.limit);
      return { ...cutAt(events, request.bytesMax), head: timeline.head };
    });
  }

  async *readCommits(request: {
    readonly timelineId: TimelineId;
    readonly afterVersion: number;
    readonly toVersion?: number;
  }): AsyncGenerator<CommitWithEvents> {
    const { afterVersion: after, toVersion: to = Number.MAX_SAFE_INTEGER } = request;
    for (const stored of commitsOf(this.#timeline(request.timelineId))) {
      const part = within(stored, { after, to });
      if (part.events.length > 0) yield await Promise.resolve(part);
    }
  }

  findCommit(timelineId: TimelineId, version: number): Promise<RecordedCommit | undefined> {
    return settle(() => this.#commitHolding(timelineId, version)?.commit);
  }

  findLastOfOthers(timelineId: TimelineId, range: OthersRange): Promise<number | undefined> {
    return settle(() => {
      const events = eventsOf(this.#timeline(timelineId));
      return events.slice(range.afterVersion, range.toVersion).findLast(({ actor }) => actor !== range.actor)?.version;
    });
  }

  findCommand(
    timelineId: TimelineId,
    version: number,
  ): Promise<{ readonly firstVersion: number; readonly lastVersion: number } | undefined> {
    return settle(() => {
      const events = this.#commitHolding(timelineId, version)?.events ?? [];
      const commandId = events.find((event) => event.version === version)?.commandId;
      const own = events.filter((event) => event.commandId === commandId).map((event) => event.version);
      const [firstVersion] = own;
      const lastVersion = own.at(-1);
      return firstVersion === undefined || lastVersion === undefined ? undefined : { firstVersion, lastVersion };
    });
  }

  readRecordedAt(timelineId: TimelineId, versions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return settle(() => {
      const commits = commitsOf(this.#timeline(timelineId));
      const recordedAt = new Map<number, number>();
      for (const version of versions) {
        const holding = commits.find(({ commit }) => commit.firstVersion <= version && version <= commit.lastVersion);
        if (holding !== undefined) recordedAt.set(version, holding.commit.recordedAtMs);
      }
      return recordedAt;
    });
  }

  saveLabel(
    timelineId: TimelineId,
    { label, version }: Pick<Label, 'label' | 'version'>,
    key: ProposedKey | null,
  ): Promise<SaveLabelOutcome> {
    return settle(() => {
      const timeline = this.#timeline(timelineId);
      const found = labelsOf(timeline).get(label);
      if (found !== undefined) return { status: 'found', label: found };
      if (!burn(timeline.keys, key)) return { status: 'key-taken' };
      timeline.labels.set(label, { version, newestTimeline: this.#created });
      return { status: 'saved', label: { label, version, timeline: timeline.name } };
    });
  }

  findLabel(timelineId: TimelineId, label: string): Promise<Label | undefined> {
    return settle(() => labelsOf(this.#timeline(timelineId)).get(label));
  }

  listLabels(
    timelineId: TimelineId,
    page: { readonly afterLabel: string | null; readonly limit: number },
  ): Promise<readonly Label[]> {
    return settle(() =>
      [...labelsOf(this.#timeline(timelineId)).values()]
        .filter(({ label }) => page.afterLabel === null || compareCodePoints(label, page.afterLabel) > 0)
        .sort((left, right) => compareCodePoints(left.label, right.label))
        .slice(0, page.limit),
    );
  }

  saveSnapshot(snapshot: Snapshot): Promise<void> {
    return settle(() => {
      const timeline = this.#timelines.get(snapshot.timelineId);
      if (timeline !== undefined) keepSnapshot(timeline, snapshot);
    });
  }

  listSnapshots(timelineId: TimelineId): Promise<readonly SnapshotInfo[]> {
    return settle(() =>
      newestFirst(
        partsOf(this.#timeline(timelineId)).flatMap(({ timeline, to }) =>
          [...timeline.snapshots.values()].filter(
            ({ version, rebuilds }) =>
              (timeline.timelineId === timelineId || version <= to) && rebuilds >= timeline.rebuilds,
          ),
        ),
      ).map(({ bytes: _bytes, ...info }) => info),
    );
  }

  loadSnapshot(
    which: Pick<SnapshotInfo, 'timelineId' | 'version' | 'format' | 'reducer'>,
  ): Promise<Snapshot | undefined> {
    return settle(() => this.#timeline(which.timelineId).snapshots.get(snapshotKey(which)));
  }

  pruneSnapshots(timelineId: TimelineId, keep: number): Promise<number> {
    return settle(() => {
      const { snapshots, labels, rebuilds } = this.#timeline(timelineId);
      const labelled = new Set([...labels.values()].map(({ version }) => version));
      const keptOfKind = new Map<string, number>();
      let removed = 0;
      for (const snapshot of newestFirst(snapshots.values())) {
        const kind = `${snapshot.format} ${snapshot.reducer}`;
        const kept = keptOfKind.get(kind) ?? 0;
        if (snapshot.rebuilds < rebuilds) removed += Number(snapshots.delete(snapshotKey(snapshot)));
        else if (kept < keep) keptOfKind.set(kind, kept + 1);
        else if (!labelled.has(snapshot.version) && snapshots.delete(snapshotKey(snapshot))) removed += 1;
      }
      return removed;
    });
  }

  databaseTimeMs(): Promise<number> {
    return settle(() => Date.now());
  }

  condition(): Promise<LogCondition> {
    return settle(() => ({ isReadOnly: false, demandsStandby: false, synchronousStandbys: 0 }));
  }

  listKeys({ timelineId, toVersion, afterDigest, limit }: KeysRequest): Promise<readonly RecordedKey[]> {
    return settle(() =>
      [...(timelineId === null ? this.#serverKeys : this.#timeline(timelineId).keys).values()]
        .filter((key) => key.lastVersion <= toVersion && key.digest > (afterDigest ?? ''))
        .sort((left, right) => (left.digest < right.digest ? -1 : 1))
        .slice(0, limit),
    );
  }

  async restore(parts: AsyncIterable<RestorePart>): Promise<RestoreOutcome> {
    const gathered: RestorePart[] = [];
    for await (const part of parts) gathered.push(part);
    const { outcome, timelines, serverKeys } = restoreToMemory(gathered, {
      find: (name) => [...this.#timelines.values()].find((timeline) => timeline.name === name),
      isTaken: (name) => this.#names.has(name),
      created: this.#created,
    });
    for (const timeline of timelines) {
      this.#timelines.set(timeline.timelineId, timeline);
      this.#names.add(timeline.name);
    }
    this.#created += timelines.length;
    for (const key of serverKeys) if (!this.#serverKeys.has(key.digest)) this.#serverKeys.set(key.digest, key);
    return outcome;
  }

  close(): Promise<void> {
    return settle(() => undefined);
  }

  #timeline(timelineId: TimelineId): MemoryTimeline {
    const timeline = this.#timelines.get(timelineId);
    if (timeline === undefined) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
    return timeline;
  }

  #forksOf(timelineId: TimelineId): readonly MemoryTimeline[] {
    return [...this.#timelines.values()]
      .filter(({ parent }) => parent?.timeline.timelineId === timelineId)
      .sort((left, right) => compareCodePoints(left.name, right.name));
  }

  #commitHolding(timelineId: TimelineId, version: number): CommitWithEvents | undefined {
    const part = partsOf(this.#timeline(timelineId)).find(({ after, to }) => after < version && version <= to);
    return part?.timeline.commits.find(({ commit }) => commit.firstVersion <= version && version <= commit.lastVersion);
  }
}

const isWithin = ({ from, to }: NameRange, name: string): boolean =>
  compareCodePoints(from, name) <= 0 && compareCodePoints(name, to) <= 0;
