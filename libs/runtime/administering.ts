import type { EventLog, Label, ProposedKey, RecordedKey } from '#event-log';
import type { LabelOutcome, RemovalOutcome, RequestKey } from './contract.js';
import { versionOf } from './forking.js';
import { recordOf } from './lineage.js';

// What is done to a timeline beside its log: no event tells of it, so its keys carry their replies.

/** Names a version of a timeline. Its key is the timeline's, so that a fork knows the labels made before it. */
export async function labelTimeline(
  log: EventLog,
  { timeline, label, at, key }: { timeline: string; label: string; at: number | null; key: RequestKey | null },
): Promise<LabelOutcome> {
  const record = await recordOf(log, timeline);
  const { keys } = key === null ? { keys: [] } : await log.confirm(record.timelineId, [key.digest(0)]);
  const earlier = replyOf<Label>(keys[0], key);
  if (earlier === 'key-reused') return { status: earlier };
  if (earlier !== undefined) return { status: 'saved', label: earlier };
  const version = await versionOf(log, record, at);
  if (typeof version !== 'number') return version;
  const reply: Label = { label, version, timeline };
  const outcome = await log.saveLabel(record.timelineId, { label, version }, proposedKey(key, version, reply));
  return outcome.status === 'key-taken' ? labelTimeline(log, { timeline, label, at, key }) : outcome;
}

/** Removes a timeline that nothing else stands on. Its key is the server's: the timeline's own go with it. */
export async function removeTimeline(
  log: EventLog,
  { timeline, key }: { timeline: string; key: RequestKey | null },
): Promise<RemovalOutcome> {
  const burnt = key === null ? undefined : await log.findServerKey(key.digest(0));
  const earlier = replyOf<object>(burnt, key);
  if (earlier === 'key-reused') return { status: earlier };
  if (earlier !== undefined) return { status: 'removed' };
  const { timelineId, head } = await recordOf(log, timeline);
  const outcome = await log.removeTimeline(timelineId, proposedKey(key, head.version, { timeline }));
  return outcome.status === 'key-taken' ? removeTimeline(log, { timeline, key }) : outcome;
}

/** The reply that a burnt key carries; undefined where none is burnt. */
export function replyOf<Reply>(
  earlier: RecordedKey | undefined,
  key: RequestKey | null,
): Reply | 'key-reused' | undefined {
  if (earlier === undefined) return undefined;
  if (earlier.requestHash !== key?.requestHash) return 'key-reused';
  return JSON.parse(earlier.reply ?? 'null') as Reply;
}

/** A key that carries its reply; no event stands behind it. */
export const proposedKey = (key: RequestKey | null, version: number, reply: object): ProposedKey | null =>
  key && {
    digest: key.digest(0),
    requestHash: key.requestHash,
    firstVersion: version + 1,
    lastVersion: version,
    reply: JSON.stringify(reply),
  };
