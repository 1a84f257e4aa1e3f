import type { EventLog, Label, ProposedKey, RecordedKey, TimelineRecord } from '#event-log';
import {
  isSameRequest,
  type LabelOutcome,
  type RemovalOutcome,
  type RemovalSubmission,
  type RequestKey,
} from './contract.js';
import { versionOf } from './forking.js';
import { recordOf } from './lineage.js';

// What is done to a timeline beside its log: no event tells of it, so its keys carry their replies.

/** Names a version of a timeline. Its key is the timeline's, so that a fork knows the labels made before it. */
export async function labelTimeline(
  log: EventLog,
  { timeline, label, at, key }: { timeline: string; label: string; at: number | null; key: RequestKey | null },
): Promise<LabelOutcome> {
  const record = await recordOf(log, timeline);
  const earlier = await labelledBefore(log, record, key);
  if (earlier !== undefined) return earlier;
  const version = await versionOf(log, record, at);
  if (typeof version !== 'number') return version;
  const reply: Label = { label, version, timeline };
  // Burnt at the head, wherever the label stands: a fork from below it was made before, and knows nothing of the key.
  const burnt = proposedKey(key, record.head.version, reply);
  const outcome = await log.saveLabel(record.timelineId, { label, version }, burnt);
  switch (outcome.status) {
    case 'key-taken':
      return labelTimeline(log, { timeline, label, at, key });
    case 'found': {
      // The same request may have put it since its key was looked up.
      const meanwhile = await labelledBefore(log, record, key);
      if (meanwhile !== undefined) return meanwhile;
      return outcome.label.version === version ? outcome : { status: 'label-taken', label: outcome.label };
    }
    case 'saved':
      return outcome;
  }
}

async function labelledBefore(
  log: EventLog,
  { timelineId }: TimelineRecord,
  key: RequestKey | null,
): Promise<LabelOutcome | undefined> {
  if (key === null) return undefined;
  const { keys } = await log.confirm(timelineId, [key.digest(0)]);
  const earlier = replyOf<Label>(keys.at(-1), key);
  return earlier === 'key-reused' ? { status: earlier } : earlier && { status: 'saved', label: earlier };
}

/** Removes a timeline that nothing else stands on. Its key is the server's: the timeline's own go with it. */
export async function removeTimeline(
  log: EventLog,
  { timeline, confirm, key }: RemovalSubmission,
): Promise<RemovalOutcome> {
  const earlier = await removedBefore(log, key);
  if (earlier !== undefined) return earlier;
  const record = await log.findTimeline(timeline);
  if (record !== undefined && !isConfirmed(record, confirm)) return { status: 'unconfirmed', timeline };
  const outcome =
    record && (await log.removeTimeline(record.timelineId, proposedKey(key, record.head.version, { timeline })));
  if (outcome?.status === 'removed' || outcome?.status === 'has-forks') return outcome;
  // The same request may have removed it since its key was looked up.
  return (await removedBefore(log, key)) ?? { status: 'unknown' };
}

/** Nothing that has ended is ever active again, so what is found here still holds when it is removed. */
function isConfirmed({ name, parent, last }: TimelineRecord, confirm: string | null): boolean {
  if (confirm !== null) return confirm === name;
  return parent !== null && (last.type === 'TimelineCompleted' || last.type === 'TimelineArchived');
}

async function removedBefore(log: EventLog, key: RequestKey | null): Promise<RemovalOutcome | undefined> {
  if (key === null) return undefined;
  const earlier = replyOf<object>(await log.findServerKey(key.digest(0)), key);
  return earlier === 'key-reused' ? { status: earlier } : earlier && { status: 'removed' };
}

/** The reply that a burnt key carries; undefined where none is burnt. */
export function replyOf<Reply>(
  earlier: RecordedKey | undefined,
  key: RequestKey | null,
): Reply | 'key-reused' | undefined {
  if (earlier === undefined) return undefined;
  if (!isSameRequest(earlier, key)) return 'key-reused';
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
