import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createGzip } from 'node:zlib';
import {
  canonicalText,
  CanonicalReader,
  keepText,
  MalformedCanonicalText,
  readStateInPieces,
  uncoveredText,
  type ReadableState,
  type State,
} from '#domain';
import { headAt, type EventLog, type Head, type Snapshot, type SnapshotInfo, type TimelineId } from '#event-log';
import type { Pace } from '#proof';
import { growing, type Allotment } from './memory-budget.js';

/** Layout: `<length of the uncovered text>:<uncovered text><canonical text>`, gzip. */
const FORMAT = 3;
const CODEC = 'gzip';
const GZIP_LEVEL = 1;
/** How long building a snapshot may hold up the turn. */
const SLICE_MS = 1;

const BYTES_PER_CHUNK = 64 * 1024;
/** From here on a text is copied byte by byte: one of ASCII alone then takes one byte for each letter, wherever it was read. */
const LONG_TEXT = 256;

/** A snapshot that is not what it says; it is reported and passed over. */
export class BadSnapshot extends Error {
  override readonly name = 'BadSnapshot';
}

/** Joins pieces of text into slices of a few ms' work each, and gives the turn away between them. */
async function* inSlices(pieces: Iterable<string>): AsyncGenerator<string, void, undefined> {
  let slice = '';
  let startMs = performance.now();
  for (const piece of pieces) {
    slice += piece;
    if (performance.now() - startMs < SLICE_MS) continue;
    yield slice;
    await nextTurn();
    slice = '';
    startMs = performance.now();
  }
  yield slice;
}

/** A snapshot of a pinned state at a head of the log. */
export async function writeSnapshot(
  state: ReadableState,
  at: {
    readonly timelineId: TimelineId;
    readonly head: Head;
    readonly reducer: string;
    readonly takenAtMs: number;
    /** How often the timeline had been rebuilt when the state was loaded. */
    readonly rebuilds: number;
  },
): Promise<Snapshot> {
  const uncovered = [...uncoveredText(state)].join('');
  const stateHash = createHash('sha256');
  const chunks: Buffer[] = [];
  await pipeline(
    async function* () {
      yield `${uncovered.length}:${uncovered}`;
      for await (const slice of inSlices(canonicalText(state))) {
        stateHash.update(slice);
        yield slice;
      }
    },
    createGzip({ level: GZIP_LEVEL }),
    async (compressed: AsyncIterable<Buffer>) => {
      for await (const chunk of compressed) chunks.push(chunk);
    },
  );
  const bytes = Buffer.concat(chunks);
  return {
    timelineId: at.timelineId,
    version: at.head.version,
    format: FORMAT,
    reducer: at.reducer,
    chainHash: at.head.hash,
    codec: CODEC,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    stateHash: stateHash.digest('hex'),
    takenAtMs: at.takenAtMs,
    rebuilds: at.rebuilds,
    bytes,
  };
}

/** A snapshot's text as UTF-8, in chunks; throws `BadSnapshot` where it is none. */
export async function decompressed({ codec, bytes }: Snapshot): Promise<Buffer[]> {
  if (codec !== CODEC) throw new BadSnapshot(`its codec is ${codec}`);
  const chunks: Buffer[] = [];
  try {
    await pipeline(
      Readable.from([bytes]),
      createGunzip({ chunkSize: BYTES_PER_CHUNK }),
      async (text: AsyncIterable<Buffer>) => {
        for await (const chunk of text) chunks.push(chunk);
      },
    );
    return chunks;
  } catch (cause) {
    throw new BadSnapshot('it cannot be read', { cause });
  }
}

/**
 * The state in a snapshot; throws `BadSnapshot` where anything does not agree. Its text is never there as one: it is read
 * out of the chunks, which are let go of while the state grows.
 */
export async function readSnapshot(pacer: Pace, snapshot: Snapshot, memory?: Allotment): Promise<State> {
  if ((await sha256(pacer, [snapshot.bytes])) !== snapshot.sha256) {
    throw new BadSnapshot('its bytes do not have its checksum');
  }
  const chunks = await decompressed(snapshot);
  const uncovered = readUncovered(chunks);
  const start = Buffer.byteLength(`${uncovered.length}:${uncovered}`);
  const canonical = splitAt(chunks, start).behind;
  if ((await sha256(pacer, canonical)) !== snapshot.stateHash) {
    throw new BadSnapshot('its state does not have its state hash');
  }
  chunks.length = 0;
  const pieces = readStateInPieces({ canonical: decoded(canonical), uncovered, keep });
  try {
    return await growing(pacer, pieces, memory);
  } catch (cause) {
    if (!(cause instanceof MalformedCanonicalText)) throw cause;
    throw new BadSnapshot('it cannot be read', { cause });
  }
}

function readUncovered(chunks: readonly Buffer[]): string {
  try {
    return new CanonicalReader(decoded([...chunks])).field();
  } catch (cause) {
    throw new BadSnapshot('it cannot be read', { cause });
  }
}

const keep = (text: string): string => (text.length < LONG_TEXT ? keepText(text) : Buffer.from(text).toString());

/** Takes the chunks out of the list one by one. */
function* decoded(chunks: Buffer[]): Generator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield decoder.write(chunk);
  yield decoder.end();
}

/** Chunks before and behind a number of bytes. */
export function splitAt(
  chunks: readonly Buffer[],
  bytes: number,
): { readonly before: Buffer[]; readonly behind: Buffer[] } {
  const before: Buffer[] = [];
  const behind: Buffer[] = [];
  let left = bytes;
  for (const chunk of chunks) {
    if (left > 0) before.push(chunk.subarray(0, left));
    if (left < chunk.length) behind.push(chunk.subarray(Math.max(0, left)));
    left -= chunk.length;
  }
  return { before, behind };
}

const BYTES_PER_PIECE = 64 * 1024;

/** Hexadecimal, in pieces. */
export async function sha256(pacer: Pace, chunks: readonly Buffer[]): Promise<string> {
  const hash = createHash('sha256');
  for (const bytes of chunks) {
    for (let start = 0; start < bytes.length; start += BYTES_PER_PIECE) {
      if (pacer.mustRest) await pacer.rest();
      pacer.run(() => hash.update(bytes.subarray(start, start + BYTES_PER_PIECE)));
    }
  }
  return hash.digest('hex');
}

/** Whether this build took it, or one that folds alike. */
export const isOwnKind = (info: Pick<SnapshotInfo, 'format' | 'reducer'>, reducer: string): boolean =>
  info.format === FORMAT && info.reducer === reducer;

export interface LoadedSnapshot {
  readonly state: State;
  readonly head: Head;
}

/** Told of a snapshot that was passed over, and why. */
export type PassedOver = (problem: { readonly version: number; readonly detail: string }) => void;

/**
 * The ladder: the newest snapshot of this format and reducer, at or below a version, that is sound and agrees with the log,
 * or none; of a fork, its ancestry's count too. Every one that is passed over is reported. One that is ahead of the log may
 * mean that the log lost its tail.
 */
export async function newestGoodSnapshot(
  { log, pacer, memory }: { readonly log: EventLog; readonly pacer: Pace; readonly memory?: Allotment | undefined },
  {
    timelineId,
    headVersion,
    toVersion = headVersion,
    aboveVersion = 0,
    reducer,
  }: {
    readonly timelineId: TimelineId;
    readonly headVersion: number;
    readonly toVersion?: number;
    /** Older ones are of no use to the caller. */
    readonly aboveVersion?: number;
    readonly reducer: string;
  },
  report: PassedOver,
): Promise<LoadedSnapshot | undefined> {
  for (const info of await log.listSnapshots(timelineId)) {
    if (info.version > toVersion && info.version <= headVersion) continue;
    if (info.version <= aboveVersion) return undefined;
    if (!isOwnKind(info, reducer)) {
      report({ version: info.version, detail: 'it was taken by another build' });
      continue;
    }
    const problem = await disagreement(log, { timelineId, headVersion }, info);
    if (problem !== undefined) {
      report({ version: info.version, detail: problem });
      continue;
    }
    try {
      // It comes as a text of base64, which lies beside the bytes for a moment.
      if (memory?.grow(2 * info.sizeBytes) === false) await memory.fits();
      const snapshot = await log.loadSnapshot(info);
      if (snapshot === undefined) continue;
      return {
        state: await readSnapshot(pacer, snapshot, memory),
        head: { version: info.version, hash: info.chainHash },
      };
    } catch (error) {
      if (!(error instanceof BadSnapshot)) throw error;
      report({ version: info.version, detail: error.message });
    }
  }
  return undefined;
}

async function disagreement(
  log: EventLog,
  { timelineId, headVersion }: { readonly timelineId: TimelineId; readonly headVersion: number },
  info: SnapshotInfo,
): Promise<string | undefined> {
  if (info.version > headVersion) {
    return `it is ahead of the log, which ends at ${headVersion}: the log may have lost its tail`;
  }
  const head = await headAt(log, timelineId, info.version);
  return head?.hash === info.chainHash ? undefined : "its chain hash is not the log's";
}
