import { randomUUID } from 'node:crypto';
import { decideFork, EVENT_SHAPES } from '#domain';
import { headAt, type EventLog, type ForkPoint, type ProposedEvent, type TimelineRecord } from '#event-log';
import { TimelineUnknown, type ForkOutcome, type ForkSubmission, type VersionProblem } from './contract.js';
import { createdBefore, type Creator } from './creating.js';
import { ancestorsOf, recordOf } from './lineage.js';

/** Forks of forks of forks: every step makes reads through the ancestry a little longer. A fork of a root is 1 deep. */
const FORK_DEPTH_MAX = 64;

/**
 * Forks a timeline: one row and one event, whatever the parent holds. The fork's state is folded when it is first used,
 * from the nearest snapshot of its ancestry.
 */
export async function forkTimeline(creator: Creator, submission: ForkSubmission): Promise<ForkOutcome> {
  const { log, clock, writer } = creator;
  const { key, name, terms, actor } = submission;
  const earlier = key === null ? undefined : await log.findServerKey(key.digest(0));
  if (earlier !== undefined) return createdBefore(log, earlier, submission);
  clock.observe(await log.databaseTimeMs());
  clock.assertAgrees();
  const point = await findForkPoint(log, submission);
  if ('status' in point) return point;
  const { type, atMs, data } = decideFork({ atMs: point.atMs, databaseMs: clock.nowMs() }, terms);
  const { schemaVersion } = EVENT_SHAPES[type];
  const event: ProposedEvent = {
    type,
    schemaVersion,
    atMs,
    commandId: randomUUID(),
    actor,
    data: JSON.stringify(data),
  };
  const version = point.fork.head.version + 1;
  const outcome = await log.createTimeline({
    name,
    fork: point.fork,
    events: [event],
    key: key && {
      digest: key.digest(0),
      requestHash: key.requestHash,
      firstVersion: version,
      lastVersion: version,
      reply: JSON.stringify({ timeline: name }),
    },
    recordedAtMs: clock.nowMs(),
    writer,
  });
  switch (outcome.status) {
    case 'created':
      return { status: 'accepted', version, events: [{ ...event, version }], repeated: false };
    case 'name-taken':
      return outcome;
    case 'key-taken':
      return forkTimeline(creator, submission);
    case 'parent-gone':
      throw new TimelineUnknown(`timeline ${submission.parent} is gone`);
  }
}

interface FoundForkPoint {
  readonly fork: ForkPoint;
  /** Timeline time there. */
  readonly atMs: number;
}

async function findForkPoint(log: EventLog, { parent, at }: ForkSubmission): Promise<FoundForkPoint | VersionProblem> {
  const record = await recordOf(log, parent);
  const { timelineId, name, head, last } = record;
  if ((await ancestorsOf(log, record)).length >= FORK_DEPTH_MAX) {
    return { status: 'fork-depth-reached', depthMax: FORK_DEPTH_MAX };
  }
  const version = await versionOf(log, record, at);
  if (typeof version !== 'number') return version;
  if (version === head.version) return { fork: { timelineId, name, head }, atMs: last.atMs };
  const forkHead = await headAt(log, timelineId, version);
  const { events } = await log.readEvents({ timelineId, afterVersion: version - 1, limit: 1 });
  const [event] = events;
  if (forkHead === undefined || event === undefined) return { status: 'version-ahead', headVersion: head.version };
  return { fork: { timelineId, name, head: forkHead }, atMs: event.atMs };
}

/** The version that a place names: the last event of a command. Null names the head. */
export async function versionOf(
  log: EventLog,
  { timelineId, head }: TimelineRecord,
  at: ForkSubmission['at'],
): Promise<number | VersionProblem> {
  if (at === null) return head.version;
  if (typeof at !== 'number') {
    const label = await log.findLabel(timelineId, at.label);
    return label?.version ?? { status: 'label-unknown' };
  }
  if (at > head.version) return { status: 'version-ahead', headVersion: head.version };
  const command = await log.findCommand(timelineId, at);
  if (command === undefined || command.lastVersion === at) return at;
  return { status: 'version-inside-command', before: command.firstVersion - 1, after: command.lastVersion };
}
