import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TimelineGone, type EventLog, type KeyDigest, type Label, type RecordedKey, type TimelineId } from '#event-log';
import {
  commitLine,
  endLine,
  keysLine,
  labelsLine,
  manifestLine,
  serverKeysLine,
  timelineLine,
  type CreationKey,
} from './encode.js';
import type { ArchivedTimeline } from './manifest.js';
import { planArchive, type ArchivePlan } from './plan-archive.js';

/** The reply of a keyed batch may be half a megabyte. */
const KEYS_PER_LINE_MAX = 200;
const LABELS_PER_LINE_MAX = 1_000;
const SERVER_SCOPE_VERSION_MAX = Number.MAX_SAFE_INTEGER;
/** So much text goes to the compressor at once: each write is a trip to another thread. */
const PIECE_CHARS = 262_144;
const COMPRESSED_CHUNK_BYTES = 262_144;

/** What goes into an archive. */
export interface ArchiveSelection {
  /** One timeline with its ancestry; absent: all timelines. */
  readonly timeline?: string;
}

/**
 * The bytes of an archive (`docs/archives.md`), made as they are taken: memory does not grow with the log, and a consumer that
 * stops ends the reading. Commands may go on; what they append is no part of it. Throws `TimelineNotInLog` before the first
 * byte, and what reading the log throws.
 */
export async function* writeArchive(log: EventLog, { timeline }: ArchiveSelection = {}): AsyncGenerator<Buffer> {
  const plan = await planArchive(log, timeline ?? null);
  const gzip = createGzip({ chunkSize: COMPRESSED_CHUNK_BYTES });
  const fed = pipeline(Readable.from(sealed(linesOf(log, plan)), { objectMode: false }), gzip);
  fed.catch(() => undefined);
  try {
    for await (const chunk of gzip) yield chunk as Buffer;
    await fed;
  } finally {
    gzip.destroy();
    await fed.catch(() => undefined);
  }
}

/** Puts lines together into pieces, with the line at the end that covers all the others. */
async function* sealed(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  const sha256 = createHash('sha256');
  let count = 0;
  let gathered = '';
  for await (const line of lines) {
    gathered += `${line}\n`;
    count += 1;
    if (gathered.length < PIECE_CHARS) continue;
    const piece = Buffer.from(gathered);
    sha256.update(piece);
    gathered = '';
    yield piece;
  }
  sha256.update(gathered);
  yield Buffer.from(`${gathered}${endLine({ lines: count, sha256: sha256.digest('hex') })}\n`);
}

async function* linesOf(log: EventLog, { manifest, timelineIds }: ArchivePlan): AsyncGenerator<string> {
  yield manifestLine(manifest);
  for (const [index, timeline] of manifest.timelines.entries()) {
    const timelineId = timelineIds[index];
    if (timelineId !== undefined) yield* linesOfTimeline(log, timelineId, timeline);
  }
  yield* linesOfServerKeys(log, new Set(manifest.timelines.map(({ name }) => name)));
}

async function* linesOfTimeline(
  log: EventLog,
  timelineId: TimelineId,
  { name, parent, head }: ArchivedTimeline,
): AsyncGenerator<string> {
  yield timelineLine(name);
  const own = { timelineId, afterVersion: parent?.forkVersion ?? 0, toVersion: head.version };
  for await (const { commit, events } of log.readCommits(own)) yield commitLine(commit, events);
  for await (const keys of keysOf(log, timelineId, head.version)) yield keysLine(keys);
  for await (const labels of labelsOf(log, timelineId)) {
    const own = labels.filter(({ timeline, version }) => timeline === name && version <= head.version);
    if (own.length > 0) yield labelsLine(own);
  }
  // With it its keys and labels are gone, without a sign of it in what was read.
  if ((await log.findTimeline(name))?.timelineId !== timelineId) {
    throw new TimelineGone(`timeline ${name} was removed while it was read`);
  }
}

/** A key of the server's scope tells in its reply which timeline it created; those of other timelines stay behind. */
async function* linesOfServerKeys(log: EventLog, names: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const keys of keysOf(log, null, SERVER_SCOPE_VERSION_MAX)) {
    const creations = keys.map(creationKey).filter(({ timeline }) => names.has(timeline));
    if (creations.length > 0) yield serverKeysLine(creations);
  }
}

async function* keysOf(
  log: EventLog,
  timelineId: TimelineId | null,
  toVersion: number,
): AsyncGenerator<readonly RecordedKey[]> {
  let afterDigest: KeyDigest | null = null;
  for (;;) {
    const keys: readonly RecordedKey[] = await log.listKeys({
      timelineId,
      toVersion,
      afterDigest,
      limit: KEYS_PER_LINE_MAX,
    });
    if (keys.length > 0) yield keys;
    if (keys.length < KEYS_PER_LINE_MAX) return;
    afterDigest = keys.at(-1)?.digest ?? null;
  }
}

/** With those of the ancestry. */
async function* labelsOf(log: EventLog, timelineId: TimelineId): AsyncGenerator<readonly Label[]> {
  for (let afterLabel: string | null = null; ;) {
    const labels: readonly Label[] = await log.listLabels(timelineId, { afterLabel, limit: LABELS_PER_LINE_MAX });
    if (labels.length > 0) yield labels;
    if (labels.length < LABELS_PER_LINE_MAX) return;
    afterLabel = labels.at(-1)?.label ?? null;
  }
}

function creationKey(key: RecordedKey): CreationKey {
  const { timeline = '' } = JSON.parse(key.reply ?? '{}') as { readonly timeline?: string };
  return { timeline, ...key };
}
