import type { EventLog, Label, ProposedKey } from '#event-log';
import type { LabelOutcome, RemovalOutcome, RequestKey } from './contract.js';
import { versionOf } from './forking.js';
import { recordOf } from './lineage.js';

// What is done to a timeline beside its log: no event tells of it, so its keys are the server's and carry their replies.

/** Names a version of a timeline. `onLabel` is told the version before it is named. */
export async function labelTimeline(
  log: EventLog,
  { timeline, label, at, key }: { timeline: string; label: string; at: number | null; key: RequestKey | null },
): Promise<LabelOutcome> {
  const earlier = await findReply<Label>(log, key);
  if (earlier === 'key-reused') return { status: earlier };
  if (earlier !== undefined) return { status: 'saved', label: earlier };
  const record = await recordOf(log, timeline);
  const version = await versionOf(log, record, at);
  if (typeof version !== 'number') return version;
  const reply: Label = { label, version, timeline };
  const outcome = await log.saveLabel(record.timelineId, { label, version }, proposed(key, version, reply));
  return outcome.status === 'key-taken' ? labelTimeline(log, { timeline, label, at, key }) : outcome;
}

/** Removes a timeline that nothing else stands on. */
export async function removeTimeline(
  log: EventLog,
  { timeline, key }: { timeline: string; key: RequestKey | null },
): Promise<RemovalOutcome> {
  const earlier = await findReply<object>(log, key);
  if (earlier === 'key-reused') return { status: earlier };
  if (earlier !== undefined) return { status: 'removed' };
  const { timelineId, head } = await recordOf(log, timeline);
  const outcome = await log.removeTimeline(timelineId, proposed(key, head.version, { timeline }));
  return outcome.status === 'key-taken' ? removeTimeline(log, { timeline, key }) : outcome;
}

async function findReply<Reply>(log: EventLog, key: RequestKey | null): Promise<Reply | 'key-reused' | undefined> {
  const earlier = key === null ? undefined : await log.findServerKey(key.digest(0));
  if (earlier === undefined) return undefined;
  if (earlier.requestHash !== key?.requestHash) return 'key-reused';
  return JSON.parse(earlier.reply ?? 'null') as Reply;
}

const proposed = (key: RequestKey | null, version: number, reply: object): ProposedKey | null =>
  key && {
    digest: key.digest(0),
    requestHash: key.requestHash,
    firstVersion: version + 1,
    lastVersion: version,
    reply: JSON.stringify(reply),
  };
