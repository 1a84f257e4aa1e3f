import type { CheckedSnapshot, Snapshot, TimelineRecord } from '#event-log';
import { recordOf } from '../lineage.js';
import { withAllotments, type Allotment } from '../memory-budget.js';
import { writeSnapshot } from '../snapshots.js';
import type { Replayed } from './check-snapshot.js';
import { Findings } from './findings.js';
import { assertEconomy, LogReplay, type ReplayTools } from './log-replay.js';
import type { RunningReplay } from './running-replay.js';

/** So many events are folded from the last snapshot in no time. */
const EVENTS_BEHIND_MAX = 5_000;
/** The head is followed so often; a timeline that grows faster than that is taken over from further back. */
const ROUNDS_MAX = 3;

/**
 * Replays a log to its head, puts right snapshots in the place of those that are not, and has every process take the
 * result over: what was taken of the states before does not count any more.
 */
export function rebuild(tools: ReplayTools, job: RunningReplay): Promise<void> {
  return withAllotments(tools.memory, (allot) => rebuildWith(tools, job, allot));
}

async function rebuildWith(tools: ReplayTools, job: RunningReplay, allot: () => Allotment): Promise<void> {
  const { log } = tools;
  const record = await recordOf(log, job.recorded.timeline);
  const replay = new LogReplay(tools, job, { record, allot });
  const findings = new Findings();
  const checked: CheckedSnapshot[] = [];
  job.of = record.head.version;
  await replay.through(record.head.version, findings, async (info, problem, replayed) => {
    const sound = problem === undefined ? info : await save(tools, job, { ...info, replayed });
    if (info.timelineId === record.timelineId) checked.push(sound);
  });
  const replayed = await toHead(tools, job, replay);
  await assertEconomy(tools.pacer, replayed);
  const { timelineId, rebuilds } = record;
  checked.push(await save(tools, job, { timelineId, rebuilds, replayed }));
  const end = { progress: job.wholeProgress, result: findings.result(replayed.stateHash), checked };
  job.assertHeld(await log.replays.finishRebuild(job.claim, end));
  tools.onRebuilt(record.name);
  await log.pruneSnapshots(timelineId, tools.snapshotKeep);
}

/** Follows the head, which moves on meanwhile, until it is near. */
async function toHead({ log }: ReplayTools, job: RunningReplay, replay: LogReplay): Promise<Replayed> {
  for (let round = 1; ; round += 1) {
    const replayed = await replay.at(job.of ?? 0);
    const { head } = await recordOf(log, job.recorded.timeline);
    if (round === ROUNDS_MAX || head.version - replayed.head.version <= EVENTS_BEHIND_MAX) return replayed;
    job.of = head.version;
  }
}

async function save(
  { log, reducer, nowMs }: ReplayTools,
  job: RunningReplay,
  of: Pick<TimelineRecord, 'timelineId' | 'rebuilds'> & { readonly replayed: Replayed },
): Promise<Snapshot> {
  const { state, head } = of.replayed;
  const { timelineId, rebuilds } = of;
  const snapshot = await writeSnapshot(state, { timelineId, head, reducer, takenAtMs: nowMs(), rebuilds });
  job.signal.throwIfAborted();
  job.assertHeld(await log.replays.saveSnapshot(job.claim, snapshot));
  return snapshot;
}
