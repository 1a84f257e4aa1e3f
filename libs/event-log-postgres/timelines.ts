import { TimelineGone } from '#event-log';
import type {
  Confirmation,
  EventLog,
  KeyDigest,
  KeysRequest,
  RecordedKey,
  Stretch,
  TimelineId,
  TimelineRecord,
  TimelinesPage,
} from '#event-log';
import { digits, hash, integer, text, textOrNull } from './cells.js';
import type { Connections, Row } from './connections.js';
import { confirmHead, confirmHeadAndKeys, confirmHeadAndKeysOfAncestry } from './sql/confirm-head.js';
import { findKey } from './sql/find-key.js';
import {
  findTimeline as findTimelineStatement,
  listForks as listForksStatement,
  listTimelines as listTimelinesStatement,
  listTimelinesWithin,
} from './sql/find-timeline.js';
import { listKeys as listKeysStatement } from './sql/list-keys.js';
import { readHeads as readHeadsStatement } from './sql/read-heads.js';

export async function findTimeline(connections: Connections, name: string): Promise<TimelineRecord | undefined> {
  const [row] = await connections.rows(findTimelineStatement, [name]);
  return row === undefined ? undefined : timelineRecord(row);
}

export async function listTimelines(
  connections: Connections,
  { afterName, limit, within }: TimelinesPage,
): Promise<readonly TimelineRecord[]> {
  const rows =
    within === undefined
      ? await connections.rows(listTimelinesStatement, [afterName, limit])
      : await connections.rows(listTimelinesWithin, [
          afterName,
          limit,
          within.map(({ from }) => from),
          within.map(({ to }) => to),
        ]);
  return rows.map(timelineRecord);
}

export async function listForks(
  connections: Connections,
  timelineId: TimelineId,
  limit: number,
): Promise<readonly TimelineRecord[]> {
  const rows = await connections.rows(listForksStatement, [timelineId, limit]);
  return rows.map(timelineRecord);
}

/** One round trip, with keys or without. */
export async function confirm(
  connections: Connections,
  timelineId: TimelineId,
  { keys, ancestry }: { readonly keys: readonly KeyDigest[]; readonly ancestry: readonly Stretch[] },
): Promise<Confirmation> {
  const rows = await confirmingRows(connections, timelineId, { keys, ancestry });
  const [first] = rows;
  if (first === undefined) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
  return {
    head: { version: integer(first, 0), hash: hash(first, 1) },
    databaseTimeMs: integer(first, 2),
    keys: rows.filter((row) => textOrNull(row, 3) !== null).map((row) => recordedKey(row.slice(3))),
  };
}

function confirmingRows(
  connections: Connections,
  timelineId: TimelineId,
  { keys, ancestry }: { readonly keys: readonly KeyDigest[]; readonly ancestry: readonly Stretch[] },
): Promise<Row[]> {
  if (keys.length === 0) return connections.rows(confirmHead, [timelineId]);
  if (ancestry.length === 1) return connections.rows(confirmHeadAndKeys, [timelineId, keys]);
  const scopes = ancestry.map((stretch) => stretch.timelineId);
  const ends = ancestry.map((stretch) => stretch.toVersion);
  return connections.rows(confirmHeadAndKeysOfAncestry, [timelineId, keys, scopes, ends]);
}

export async function findServerKey(connections: Connections, digest: KeyDigest): Promise<RecordedKey | undefined> {
  const [row] = await connections.rows(findKey, [0, digest]);
  return row === undefined ? undefined : recordedKey(row);
}

/** Keys of one scope, in order of digest. */
export async function listKeys(
  connections: Connections,
  { timelineId, toVersion, afterDigest, limit }: KeysRequest,
): Promise<readonly RecordedKey[]> {
  const rows = await connections.rows(listKeysStatement, [timelineId ?? 0, toVersion, afterDigest, limit]);
  return rows.map(recordedKey);
}

export async function readHeads(
  connections: Connections,
  timelineIds: readonly TimelineId[],
): ReturnType<EventLog['readHeads']> {
  const rows = await connections.rows(readHeadsStatement, [timelineIds]);
  return new Map(
    rows.map((row) => [
      integer(row, 0) as TimelineId,
      { version: integer(row, 1), hash: hash(row, 2), rebuilds: integer(row, 3) },
    ]),
  );
}

/** digest, request_hash, first_version, event_count, reply */
function recordedKey(row: Row): RecordedKey {
  const firstVersion = integer(row, 2);
  return {
    digest: digits(row, 0) as KeyDigest,
    requestHash: digits(row, 1),
    firstVersion,
    lastVersion: firstVersion + integer(row, 3) - 1,
    reply: textOrNull(row, 4),
  };
}

function timelineRecord(row: Row): TimelineRecord {
  return {
    timelineId: integer(row, 0) as TimelineId,
    name: text(row, 1),
    parent:
      textOrNull(row, 2) === null
        ? null
        : { timelineId: integer(row, 2) as TimelineId, name: text(row, 3), forkVersion: integer(row, 4) },
    genesisHash: hash(row, 5),
    head: { version: integer(row, 6), hash: hash(row, 7) },
    createdAtMs: integer(row, 8),
    rebuilds: integer(row, 12),
    last: { type: text(row, 9), atMs: integer(row, 10), recordedAtMs: integer(row, 11) },
  };
}
