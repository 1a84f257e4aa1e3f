import type { KeyDigest, RecordedKey, TimelineId } from './log.js';
import { TimelineGone } from './faults.js';
import { burn, keepSnapshot, snapshotKey, type MemoryTimeline } from './memory-timeline.js';
import type {
  CheckedSnapshot,
  CreateReplayOutcome,
  CreateReplayRequest,
  RecordedReplay,
  ReplayClaim,
  ReplayStore,
} from './replays.js';

interface StoredReplay {
  readonly replay: RecordedReplay;
  readonly leaseUntilMs: number;
}

interface Shelves {
  readonly timelines: ReadonlyMap<TimelineId, MemoryTimeline>;
  readonly serverKeys: Map<KeyDigest, RecordedKey>;
}

const UNTOUCHED = {
  status: 'running',
  owner: null,
  attempts: 0,
  version: 0,
  of: null,
  eventsPerSecond: 0,
  stateHash: null,
  matches: null,
  firstDifference: null,
  failure: null,
  finishedAtMs: null,
} as const;

/** Jobs that live and die with the log in memory. */
export function openMemoryReplays({ timelines, serverKeys }: Shelves): ReplayStore {
  /** In order of creation. */
  const stored = new Map<string, StoredReplay>();
  const all = (): RecordedReplay[] => [...stored.values()].map(({ replay }) => replay);
  const change = (id: string, fields: Partial<RecordedReplay>, leaseUntilMs = 0): RecordedReplay => {
    const before = stored.get(id)?.replay;
    if (before === undefined) throw new TypeError(`there is no replay ${id}`);
    const replay = { ...before, ...fields };
    stored.set(id, { replay, leaseUntilMs });
    return replay;
  };
  const timelineOf = (timelineId: TimelineId): MemoryTimeline => {
    const timeline = timelines.get(timelineId);
    if (timeline === undefined) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
    return timeline;
  };
  const held = ({ id, owner, attempt }: ReplayClaim): RecordedReplay | undefined => {
    const replay = stored.get(id)?.replay;
    const holds = replay?.status === 'running' && replay.owner === owner && replay.attempts === attempt;
    return holds ? replay : undefined;
  };
  const whileHeld = (claim: ReplayClaim, write: (replay: RecordedReplay) => void): Promise<boolean> =>
    settle(() => {
      const replay = held(claim);
      if (replay !== undefined) write(replay);
      return replay !== undefined;
    });
  const forgetFinished = (kept: number): void => {
    const finished = all().filter(({ status }) => status !== 'running');
    for (const { id } of finished.slice(0, Math.max(0, finished.length - kept))) stored.delete(id);
  };
  const create = (request: CreateReplayRequest, unfinishedMax: number): CreateReplayOutcome => {
    const { id, timelineId, mode, toVersion, key } = request;
    const timeline = timelineOf(timelineId).name;
    if (key !== null && serverKeys.has(key.digest)) return { status: 'key-taken' };
    if (all().filter(({ status }) => status === 'running').length >= unfinishedMax) return { status: 'full' };
    burn(serverKeys, key);
    const replay = { ...UNTOUCHED, id, timelineId, timeline, mode, toVersion, createdAtMs: Date.now() };
    stored.set(id, { replay, leaseUntilMs: 0 });
    return { status: 'created', replay };
  };
  return {
    create: (request, { unfinishedMax, finishedKept }) =>
      settle(() => {
        const outcome = create(request, unfinishedMax);
        if (outcome.status === 'created') forgetFinished(finishedKept);
        return outcome;
      }),
    find: (id) => settle(() => stored.get(id)?.replay),
    list: ({ after, limit }) =>
      settle(() => {
        const newestFirst = all().reverse();
        const start = after === null ? 0 : newestFirst.findIndex(({ id }) => id === after.id) + 1;
        return newestFirst.slice(start, start + limit);
      }),
    claim: (owner, leaseMs, except = []) =>
      settle(() => {
        const nowMs = Date.now();
        const isFree = ({ replay, leaseUntilMs }: StoredReplay): boolean =>
          replay.status === 'running' && leaseUntilMs <= nowMs && !except.includes(replay.id);
        const free = [...stored.values()].find(isFree)?.replay;
        const taken = free && { owner, attempts: free.attempts + 1, version: 0, of: null, eventsPerSecond: 0 };
        return free && change(free.id, { ...taken }, nowMs + leaseMs);
      }),
    report: (claim, progress, leaseMs) => whileHeld(claim, ({ id }) => change(id, progress, Date.now() + leaseMs)),
    giveBack: async (claim) => {
      await whileHeld(claim, ({ id }) => change(id, {}));
    },
    finish: (claim, { status, progress, result }) =>
      whileHeld(claim, ({ id }) => change(id, { status, ...progress, ...result, finishedAtMs: Date.now() })),
    cancel: (id) =>
      settle(() => {
        const replay = stored.get(id)?.replay;
        if (replay?.status !== 'running') return replay;
        return change(id, { status: 'cancelled', finishedAtMs: Date.now() });
      }),
    saveSnapshot: (claim, snapshot) =>
      whileHeld(claim, () => {
        keepSnapshot(timelineOf(snapshot.timelineId), snapshot);
      }),
    finishRebuild: (claim, { progress, result, checked }) =>
      whileHeld(claim, ({ id, timelineId }) => {
        const timeline = timelineOf(timelineId);
        timeline.rebuilds += 1;
        for (const snapshot of checked) confirm(timeline, snapshot);
        change(id, { status: 'completed', ...progress, ...result, finishedAtMs: Date.now() });
      }),
  };
}

/** The snapshot counts after the rebuild too, if it is still the one that was checked. */
function confirm({ snapshots, rebuilds }: MemoryTimeline, checked: CheckedSnapshot): void {
  const snapshot = snapshots.get(snapshotKey(checked));
  if (snapshot?.sha256 === checked.sha256) snapshots.set(snapshotKey(checked), { ...snapshot, rebuilds });
}

/** What PostgreSQL would answer later, and a fault as a rejection. */
async function settle<T>(answer: () => T): Promise<T> {
  return Promise.resolve(answer());
}
