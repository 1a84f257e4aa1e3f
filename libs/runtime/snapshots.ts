import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { canonicalText, readStateInPieces, uncoveredText, type ReadableState, type State } from '#domain';
import { headAt, type EventLog, type Head, type Snapshot, type SnapshotInfo, type TimelineId } from '#event-log';
import type { Pace } from '#proof';
import { runPieces } from './pacer.js';

/** Layout: `<length of the uncovered text>:<uncovered text><canonical text>`, gzip. */
const FORMAT = 3;
const CODEC = 'gzip';
const GZIP_LEVEL = 1;
/** How long building a snapshot may hold up the turn. */
const SLICE_MS = 1;

const decompress = promisify(gunzip);

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

/** A snapshot's text, as UTF-8; throws `BadSnapshot` where it is none. */
export async function decompressed({ codec, bytes }: Snapshot): Promise<Buffer> {
  if (codec !== CODEC) throw new BadSnapshot(`its codec is ${codec}`);
  try {
    return await decompress(bytes);
  } catch (cause) {
    throw new BadSnapshot('it cannot be read', { cause });
  }
}

/** The state in a snapshot; throws `BadSnapshot` where anything does not agree. */
export async function readSnapshot(pacer: Pace, snapshot: Snapshot): Promise<State> {
  if ((await sha256(pacer, snapshot.bytes)) !== snapshot.sha256) {
    throw new BadSnapshot('its bytes do not have its checksum');
  }
  const content = await decompressed(snapshot);
  const text = content.toString('utf8');
  const colon = text.indexOf(':');
  const canonicalStart = colon + 1 + Number(text.slice(0, colon));
  const uncovered = text.slice(colon + 1, canonicalStart);
  const canonicalBytes = content.subarray(Buffer.byteLength(text.slice(0, canonicalStart)));
  if ((await sha256(pacer, canonicalBytes)) !== snapshot.stateHash) {
    throw new BadSnapshot('its state does not have its state hash');
  }
  try {
    return await runPieces(pacer, readStateInPieces(text.slice(canonicalStart), uncovered));
  } catch (cause) {
    throw new BadSnapshot('it cannot be read', { cause });
  }
}

const BYTES_PER_PIECE = 64 * 1024;

/** Hexadecimal, in pieces. */
export async function sha256(pacer: Pace, bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < bytes.length; start += BYTES_PER_PIECE) {
    if (pacer.mustRest) await pacer.rest();
    pacer.run(() => hash.update(bytes.subarray(start, start + BYTES_PER_PIECE)));
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
  { log, pacer }: { readonly log: EventLog; readonly pacer: Pace },
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
      const snapshot = await log.loadSnapshot(info);
      if (snapshot === undefined) continue;
      return { state: await readSnapshot(pacer, snapshot), head: { version: info.version, hash: info.chainHash } };
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
