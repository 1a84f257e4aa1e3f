import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { canonicalText, micro, uncoveredText, type State } from '#domain';
import { headAt, type EventLog, type Snapshot, type TimelineRecord } from '#event-log';
import type { Replay, ReplaySubmission, RuntimeOptions } from '#runtime';
import type { TestProcess } from './harness.js';
import { eventsOf, foldStraight, hashOf } from './history.js';

/** Replays that are looked for, and reported, so often that no test waits for them. */
export const EAGER: Partial<RuntimeOptions> = { replayPollMs: 50, replayReportMs: 30 };

/** Asks for a replay. */
export async function startReplay(
  { runtime }: Pick<TestProcess, 'runtime'>,
  submission: Pick<ReplaySubmission, 'timeline' | 'mode'> & Partial<ReplaySubmission>,
): Promise<Replay> {
  const outcome = await runtime.replays.start({ toVersion: null, key: null, ...submission });
  if (outcome.status !== 'started') throw new Error(`the replay was not started: ${outcome.status}`);
  return outcome.replay;
}

/** The replay when it has ended. */
export async function ended({ runtime }: Pick<TestProcess, 'runtime'>, id: string): Promise<Replay> {
  let last: Replay | undefined;
  for await (const replay of runtime.replays.watch(id, AbortSignal.timeout(50_000))) last = replay;
  if (last === undefined || last.status === 'running')
    throw new Error(`the replay did not end: ${JSON.stringify(last)}`);
  return last;
}

export async function replayed(
  process: Pick<TestProcess, 'runtime'>,
  submission: Parameters<typeof startReplay>[1],
): Promise<Replay> {
  return ended(process, (await startReplay(process, submission)).id);
}

export async function recordOf({ log }: Pick<TestProcess, 'log'>, timeline: string): Promise<TimelineRecord> {
  const record = await log.findTimeline(timeline);
  if (record === undefined) throw new Error(`no timeline ${timeline}`);
  return record;
}

/** The hash of a straight fold up to a version; the head's where none is given. */
export async function straightHash(
  process: Pick<TestProcess, 'log'>,
  timeline: string,
  toVersion = Number.MAX_SAFE_INTEGER,
): Promise<string> {
  let hash = '';
  const events = (await eventsOf(process, timeline)).filter(({ version }) => version <= toVersion);
  foldStraight(events, (state, { version }) => {
    if (version === events.at(-1)?.version) hash = hashOf(state);
  });
  return hash;
}

/** Stores a snapshot whose hashes all agree, of a state in which `forge` changed something. */
export async function plantSnapshot(
  process: Pick<TestProcess, 'log'>,
  { timeline, version, forge }: { timeline: string; version: number; forge: (state: State) => void },
  more: Partial<Snapshot> = {},
): Promise<Snapshot> {
  const { timelineId, rebuilds } = await recordOf(process, timeline);
  const events = (await eventsOf(process, timeline)).filter((event) => event.version <= version);
  let snapshot: Snapshot | undefined;
  foldStraight(events, (state, event) => {
    if (event.version !== version) return;
    forge(state);
    snapshot = { ...snapshotOf(state), ...{ timelineId, version, rebuilds } } as Snapshot;
  });
  const head = await headAt(process.log, timelineId, version);
  if (snapshot === undefined || head === undefined) throw new Error(`no version ${version}`);
  const planted = { ...snapshot, chainHash: head.hash, ...more };
  await process.log.saveSnapshot(planted);
  return planted;
}

function snapshotOf(state: State): Partial<Snapshot> {
  const uncovered = [...uncoveredText(state)].join('');
  const bytes = gzipSync(`${uncovered.length}:${uncovered}${[...canonicalText(state)].join('')}`);
  return {
    format: 3,
    reducer: 'test',
    codec: 'gzip',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    stateHash: hashOf(state),
    takenAtMs: 1,
    bytes,
  };
}

/** Gives an agent money out of nowhere, so that the accounts still sum to 0. */
export const enrich =
  (agentId: string, amount: bigint) =>
  (state: State): void => {
    const agent = state.agents.get(agentId);
    if (agent === undefined) throw new Error(`no agent ${agentId}`);
    state.agents.set(agentId, { ...agent, available: micro(agent.available + amount) });
    state.ledger = { ...state.ledger, issuance: micro(state.ledger.issuance - amount) };
  };

/** A log whose reading of commits waits while it is closed. */
export function gated(log: EventLog): { readonly readCommits: EventLog['readCommits']; close(): void; open(): void } {
  let gate = Promise.resolve();
  let open = (): void => undefined;
  return {
    async *readCommits(range) {
      for await (const commit of log.readCommits(range)) {
        await gate;
        yield commit;
      }
    },
    close: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    open: () => {
      open();
    },
  };
}
