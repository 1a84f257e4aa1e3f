import { genesisHash, genesisHead } from '#event-log';
import type { CreateTimelineOutcome, CreateTimelineRequest, Head, TimelineId, TimelineRecord } from '#event-log';
import { bytes, integer } from './cells.js';
import { run } from './connections.js';
import type { Connections, Session } from './connections.js';
import { asUnavailable, brokenConstraint, classify, withoutEffect } from './failures.js';
import { bytesOfData, eventColumns, extend } from './prepare-append.js';
import { resolveCreation } from './resolve-append.js';
import { keyColumns } from './key-columns.js';
import { burnServerKey, insertEvents, insertFirstCommit, insertTimeline, lockParent } from './sql/create-timeline.js';

/** The first commit of an imported economy has a hundred thousand events; one statement takes so many of them. */
const eventsPerStatementMax = 2_000;
const bytesPerStatementMax = 4 * 1024 * 1024;

/** The whole first commit in one transaction: the timeline appears with all of it or not at all. */
export async function createTimeline(
  connections: Connections,
  request: CreateTimelineRequest,
): Promise<CreateTimelineOutcome> {
  if (request.events.length === 0) throw new TypeError('a timeline begins with at least one event');
  const creation = prepareCreation(request);
  const session = await connections.take();
  let timelineId: number | undefined;
  try {
    timelineId = await runCreation(session, creation);
    if (timelineId === undefined) {
      connections.discard(session);
      return { status: 'parent-gone' };
    }
  } catch (error) {
    // Closing the connection rolls back.
    connections.discard(session);
    const constraint = brokenConstraint(error);
    if (constraint === 'key_taken') return { status: 'key-taken' };
    if (constraint === 'timeline_name_taken') return { status: 'name-taken' };
    if (classify(error).kind === 'refused') throw asUnavailable(error, 'cannot create the timeline');
    return created(creation, await resolve(connections, session, creation, error));
  }
  if (session.warning === null) {
    connections.giveBack(session);
    return created(creation, timelineId);
  }
  connections.discard(session);
  return created(creation, await resolve(connections, session, creation, new Error(session.warning)));
}

interface Creation {
  readonly request: CreateTimelineRequest;
  readonly genesis: Head;
  readonly head: Head;
  readonly checks: readonly number[];
}

function prepareCreation(request: CreateTimelineRequest): Creation {
  const genesis = request.fork === null ? genesisHead() : forkedAt(request.fork.head);
  const { head, checks } = extend(genesis, request);
  return { request, genesis, head, checks };
}

const forkedAt = ({ version, hash }: Head): Head => ({
  version,
  hash: genesisHash({ forkVersion: version, hashAtFork: hash }),
});

/**
 * The key comes first: of a request that is sent twice, the later one must meet its own key, not its own name.
 * Undefined where the parent is gone.
 */
async function runCreation(
  session: Session,
  { request, genesis, head, checks }: Creation,
): Promise<number | undefined> {
  const { key, name, fork, recordedAtMs, writer, events } = request;
  await session.client.query('begin');
  if (key !== null) {
    await run(session, burnServerKey, keyColumns(key));
  }
  if (fork !== null && (await run(session, lockParent, [fork.timelineId])).length === 0) return undefined;
  const parent = [fork?.timelineId ?? null, fork?.head.version ?? null];
  const timeline = [name, recordedAtMs, bytes(genesis.hash), head.version, bytes(head.hash), ...parent];
  const [row] = await run(session, insertTimeline, timeline);
  if (row === undefined) throw new Error('the new timeline has no number');
  const timelineId = integer(row, 0);
  for (const { from, to } of chunks(request)) {
    const columns = eventColumns(events.slice(from, to), checks.slice(from, to));
    await run(session, insertEvents, [timelineId, genesis.version + from, ...columns]);
  }
  const commit = [
    timelineId,
    head.version,
    recordedAtMs,
    bytesOfData(events),
    bytes(head.hash),
    writer,
    genesis.version + 1,
  ];
  await run(session, insertFirstCommit, commit);
  session.warning = null;
  await session.client.query('commit');
  return timelineId;
}

function* chunks({ events }: CreateTimelineRequest): Generator<{ from: number; to: number }> {
  let from = 0;
  let dataBytes = 0;
  for (const [index, event] of events.entries()) {
    if (
      index > from &&
      (index - from === eventsPerStatementMax || dataBytes + event.data.length > bytesPerStatementMax)
    ) {
      yield { from, to: index };
      [from, dataBytes] = [index, 0];
    }
    dataBytes += event.data.length;
  }
  yield { from, to: events.length };
}

async function resolve(
  connections: Connections,
  session: Session,
  { request, head }: Creation,
  cause: unknown,
): Promise<number> {
  const lookedFor = { name: request.name, headHash: bytes(head.hash) };
  const timelineId = await resolveCreation(connections, session.backend, lookedFor, cause);
  if (timelineId !== undefined) return timelineId;
  throw withoutEffect('the connection broke before the timeline was created', cause);
}

function created({ request, genesis, head }: Creation, timelineId: number): CreateTimelineOutcome {
  const { name, fork, events, recordedAtMs } = request;
  const last = events.at(-1);
  const timeline: TimelineRecord = {
    timelineId: timelineId as TimelineId,
    name,
    parent: fork && { timelineId: fork.timelineId, name: fork.name, forkVersion: fork.head.version },
    genesisHash: genesis.hash,
    head,
    createdAtMs: recordedAtMs,
    rebuilds: 0,
    last: { type: last?.type ?? '', atMs: last?.atMs ?? 0, recordedAtMs },
  };
  return { status: 'created', timeline };
}
