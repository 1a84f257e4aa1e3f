import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadableState } from '#domain';
import type { TimelineRecord } from '#event-log';
import { Overloaded, TimelineStopped } from '../contract.js';
import { recordOf } from '../lineage.js';
import { withAllotments } from '../memory-budget.js';
import { hashAside } from '../past/fold-aside.js';
import type { Replayed } from './check-snapshot.js';
import { Findings, firstDifferences } from './findings.js';
import { assertEconomy, LogReplay, type ReplayTools } from './log-replay.js';
import type { RunningReplay } from './running-replay.js';

const OVERLOADED_WAIT_MS = 1_000;

/** Replays a log and compares what it gives with the snapshots on the way and with what this process serves. */
export async function verify(tools: ReplayTools, job: RunningReplay): Promise<void> {
  const record = await recordOf(tools.log, job.recorded.timeline);
  const served = await holdServed(tools, job, record);
  try {
    const { version } = served;
    job.of = version;
    const findings = new Findings();
    const replayed = await withAllotments(tools.memory, async (allot) => {
      const replay = new LogReplay(tools, job, { record, allot });
      await replay.through(version, findings, () => Promise.resolve());
      const folded = await replay.at(version);
      await assertEconomy(tools.pacer, folded);
      await served.compare((state) => compare(tools, findings, { state, replayed: folded }), findings);
      return folded;
    });
    const end = {
      status: 'completed',
      progress: job.wholeProgress,
      result: findings.result(replayed.stateHash),
    } as const;
    job.assertHeld(await tools.log.replays.finish(job.claim, end));
  } finally {
    served.release();
  }
}

/** What the process serves at a version. */
interface Served {
  readonly version: number;
  readonly compare: (work: (state: ReadableState) => Promise<void>, findings: Findings) => Promise<void>;
  readonly release: () => void;
}

/**
 * The live state, where it is at the version that was asked for: it is held now, and the log replayed up to it while
 * commands go on. Else the past state there, as anybody would get it.
 */
async function holdServed(tools: ReplayTools, job: RunningReplay, record: TimelineRecord): Promise<Served> {
  const { toVersion } = job.recorded;
  const isLive = toVersion === null || toVersion === record.head.version;
  const live = isLive ? await livePin(tools, record.name) : undefined;
  if (live instanceof TimelineStopped) return stoppedAt(toVersion ?? record.head.version, live);
  if (live !== undefined && live.version === (toVersion ?? live.version)) {
    return { version: live.version, compare: (work) => work(live.state), release: live.release };
  }
  live?.release();
  const version = toVersion ?? record.head.version;
  const compare: Served['compare'] = (work, findings) => onPastState(tools, job, { version, work, findings });
  return { version, compare, release: () => undefined };
}

async function livePin({ pinLive }: ReplayTools, timeline: string) {
  try {
    return await pinLive(timeline);
  } catch (error) {
    if (error instanceof TimelineStopped) return error;
    throw error;
  }
}

const stoppedAt = (version: number, stop: TimelineStopped): Served => ({
  version,
  compare: (_work, findings) => findings.different({ version, where: 'live', detail: stop.message }),
  release: () => undefined,
});

async function onPastState(
  { past }: ReplayTools,
  { recorded: { timeline }, signal }: RunningReplay,
  of: {
    readonly version: number;
    readonly work: (state: ReadableState) => Promise<void>;
    readonly findings: Findings;
  },
): Promise<void> {
  const { version, work, findings } = of;
  for (;;) {
    try {
      await past.readHeld(timeline, { version }, ({ state }) => work(state), { signal });
      return;
    } catch (error) {
      if (error instanceof TimelineStopped) {
        await findings.different({ version, where: 'live', detail: error.message });
        return;
      }
      if (!(error instanceof Overloaded)) throw error;
      await sleep(OVERLOADED_WAIT_MS, undefined, { signal });
    }
  }
}

async function compare(
  { pacer }: ReplayTools,
  findings: Findings,
  { state, replayed }: { readonly state: ReadableState; readonly replayed: Replayed },
): Promise<void> {
  if ((await hashAside(pacer, state)) === replayed.stateHash) return;
  const { version } = replayed.head;
  const detail = 'the state that is served is not the one that the log gives';
  await findings.different({ version, where: 'live', detail }, () => firstDifferences(pacer, state, replayed.state));
}
