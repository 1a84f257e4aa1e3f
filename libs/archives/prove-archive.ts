import { ID_PATTERN, TIME_MAX_MS } from '#domain';
import type { RecordedCommit, RecordedEvent, RecordedKey } from '#event-log';
import {
  followArchive,
  followChains,
  NotSound,
  type CheckedArchive,
  type CheckOptions,
  type Follower,
} from './check-archive.js';
import { Histories, type HistoryOptions } from './histories.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';
import type { ArchiveSource } from './read-lines.js';
import { isParsable } from './parsable.js';

/** How an archive is proved. */
export interface ProveOptions extends CheckOptions, HistoryOptions {}

/**
 * Checks an archive as `checkArchive` does, and what it says besides: names, labels and times within the bounds of the edge,
 * every event readable and within its bounds, every history folded from its first event to its head and its books balanced.
 * Memory grows with the states of the timelines. Throws `ArchiveUnsound` too, with the place of the first that is not so.
 */
export const proveArchive = (source: ArchiveSource, options: ProveOptions = {}): Promise<CheckedArchive> =>
  followArchive(source, options, (manifest) => {
    assertSoundManifest(manifest);
    const histories = new Histories(manifest, options);
    return [followChains(manifest), assertWithinBounds, (record) => histories.follow(record)];
  });

/** Longest name of whoever acted or wrote, and of a type of event. */
const NAME_CHARS_MAX = 500;
const lineOfText = /^[^\0-\x1f\x7f-\x9f\p{Surrogate}]*$/u;
const allDigits = /^[0-9]+$/;

const assertWithinBounds: Follower = (record) => {
  if (record.kind === 'commit') {
    assertCommit(record.commit);
    for (const event of record.events) assertEvent(event);
  }
  if (record.kind === 'keys' || record.kind === 'server-keys') record.keys.forEach(assertKey);
  if (record.kind !== 'labels') return;
  for (const { label } of record.labels) {
    if (!ID_PATTERN.test(label) || allDigits.test(label)) throw new NotSound(`${JSON.stringify(label)} is no label`);
  }
};

function assertSoundManifest({ createdAt, timelines }: ArchiveManifest): void {
  if (Number.isNaN(Date.parse(createdAt)) || createdAt.length > 40) throw new NotSound('createdAt is no time');
  for (const { name, createdAtMs } of timelines satisfies readonly ArchivedTimeline[]) {
    assertTime(createdAtMs, `createdAtMs of ${name}`);
  }
}

function assertCommit({ recordedAtMs, writer }: RecordedCommit): void {
  assertTime(recordedAtMs, 'recordedAtMs');
  assertName(writer, 'writer');
}

function assertEvent({ version, type, atMs, actor }: RecordedEvent): void {
  assertTime(atMs, 'atMs', version);
  assertName(type, 'the type', version);
  assertName(actor, 'the actor', version);
}

/** What answers a retry is sent as it is. */
function assertKey({ reply }: RecordedKey): void {
  if (reply !== null && !isJsonObject(reply)) throw new NotSound('the reply of an idempotency key is no JSON object');
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = isParsable(text) ? JSON.parse(text) : null;
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function assertTime(ms: number, what: string, version?: number): void {
  if (ms < 0 || ms > TIME_MAX_MS) throw new NotSound(`${what} is not within the years 1970 to 9999`, version);
}

function assertName(text: string, what: string, version?: number): void {
  if (text.length > NAME_CHARS_MAX || !lineOfText.test(text)) {
    throw new NotSound(`${what} is not a line of at most ${NAME_CHARS_MAX} characters`, version);
  }
}
